"""Simulated CT of the spine: vertebrae with known shape, heights, fractures and labels."""
