"""Segment Femur: recipes, the whole training, and the model folder that comes out."""
