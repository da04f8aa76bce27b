"""Weighted-average ensembles of segmenters and classifiers, and what a small network learns from them."""
