"""Figures of folders of trained networks: the paper's grids, their ensembles, ablations and folds, in one table."""
