"""Training of the stage-1 detector: pictures with boxes from labeled volumes, and the ultralytics adapter."""
