"""Measure a task on cases with known labels."""
