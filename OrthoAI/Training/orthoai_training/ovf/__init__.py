"""Training and measuring of the vertebral fracture classifier (YOLOv8-seg; Yang et al. 2025)."""
