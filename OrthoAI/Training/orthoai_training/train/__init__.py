"""`orthoai train femur`: recipes, the whole run, and the model folder that comes out."""
