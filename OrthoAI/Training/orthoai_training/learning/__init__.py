"""What the trainings of all networks in torch share: the loop, its checkpoints, averaged weights, number formats."""
