"""Training of any task's YOLO network: recipes, data set folders, the ultralytics adapter and what we add to it."""
