"""Slicer's and CTK's widgets with their real property, signal and slot names."""
