"""Benchmarks: speed and memory next to the plainest alternative, as ratios from one run."""
