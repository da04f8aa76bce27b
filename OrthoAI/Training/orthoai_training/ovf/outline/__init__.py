"""Training of the network that draws the outlines of the task ``ovf`` at the pixels' own resolution."""
