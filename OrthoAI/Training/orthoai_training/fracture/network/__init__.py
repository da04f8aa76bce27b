"""The multi-scale feature-fusion network (Saeed et al. 2024), one class per module of the paper."""
