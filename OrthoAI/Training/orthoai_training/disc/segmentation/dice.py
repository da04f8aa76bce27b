"""Dice per structure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

STRUCTURES = {1: "vertebra", 2: "disc", 3: "canal"}


def dice_per_structure(truth: NDArray[np.uint8], found: NDArray[np.uint8]) -> dict[str, float | None]:
    """Dice over all pixels of one case, by structure name; None where neither map has the structure."""
    return {name: _dice(truth == value, found == value) for value, name in STRUCTURES.items()}


def _dice(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> float | None:
    total = int(truth.sum()) + int(found.sum())
    return 2 * int((truth & found).sum()) / total if total else None


def mean_dice(scores: Mapping[str, float | None]) -> float:
    """Mean over the structures that are defined; 0 when none is."""
    known = [score for score in scores.values() if score is not None]
    return float(np.mean(known)) if known else 0.0
