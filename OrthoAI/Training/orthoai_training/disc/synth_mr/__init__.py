"""Simulated sagittal MR of the lumbar spine, with known levels, masks, heights and bulges: for tests and the demo."""
