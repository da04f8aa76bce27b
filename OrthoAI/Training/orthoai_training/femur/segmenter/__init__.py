"""Training of stage 2: crops on disk, patches, losses, networks and one trainer for all of them."""
