"""Segment Femur, stage 1: how its detector is trained, and the pictures with boxes, drawn from labeled volumes."""
