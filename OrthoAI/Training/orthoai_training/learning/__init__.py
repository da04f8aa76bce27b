"""What the trainings of all networks in torch share: the loop, checkpoints, averaged weights, formats, gray values."""
