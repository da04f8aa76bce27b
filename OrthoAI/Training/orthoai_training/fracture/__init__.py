"""Training and measurement of the fracture task: the multi-scale feature-fusion network of Saeed et al. 2024."""
