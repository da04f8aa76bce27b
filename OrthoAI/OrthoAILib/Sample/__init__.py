"""The sample in Slicer's Sample Data: a simulated CT that comes with the module."""
