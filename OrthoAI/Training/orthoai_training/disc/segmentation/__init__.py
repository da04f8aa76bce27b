"""Segmentation of vertebra, disc and canal on sagittal slices: the paper's seventeen networks and a compact one."""
