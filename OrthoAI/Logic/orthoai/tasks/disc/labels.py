"""The values of the task's masks."""

from __future__ import annotations

VERTEBRA = 1
DISC = 2
CANAL = 3

NAMES = {VERTEBRA: "vertebra", DISC: "disc", CANAL: "canal"}
