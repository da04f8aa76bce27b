"""The values of the task's masks, and what it calls a disc."""

from __future__ import annotations

VERTEBRA = 1
DISC = 2
CANAL = 3

NAMES = {VERTEBRA: "vertebra", DISC: "disc", CANAL: "canal"}

HERNIATED, BULGING, NORMAL = CLASSES = ("herniated", "bulging", "normal")
"""What a disc may be."""
