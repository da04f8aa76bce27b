"""Measure Segment Femur on cases with known labels."""
