"""The values of the task's masks, and what it calls a disc."""

from __future__ import annotations

VERTEBRA = 1
DISC = 2
CANAL = 3

NAMES = {VERTEBRA: "vertebra", DISC: "disc", CANAL: "canal"}

HERNIATED, BULGING, NORMAL = CLASSES = ("herniated", "bulging", "normal")
"""What a disc may be."""

LUMBAR_LEVELS = ("L5/S1", "L4/L5", "L3/L4", "L2/L3", "L1/L2")
"""Discs from the sacrum upward."""

SACRAL = "S1/S2"
"""The rudimentary disc below L5/S1."""
