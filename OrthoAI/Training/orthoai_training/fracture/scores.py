"""Dice and IoU by the paper's formulas.

Both follow from the same three counts, so IoU = Dice / (2 - Dice): it cannot exceed Dice on the same pixels. The
paper's tables give an IoU above Dice, which no case can have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Counts:
    """Pixels of both masks, of the true one and of the found one."""

    both: int
    true: int
    found: int

    @classmethod
    def of(cls, truth: Mask, found: Mask) -> Counts:
        """Of two masks of one shape."""
        return cls(int((truth & found).sum()), int(truth.sum()), int(found.sum()))

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.both + other.both, self.true + other.true, self.found + other.found)

    @property
    def dice(self) -> float | None:
        """2 |A and B| / (|A| + |B|); None when both are empty."""
        return 2 * self.both / (self.true + self.found) if self.true + self.found else None

    @property
    def iou(self) -> float | None:
        """|A and B| / |A or B|; None when both are empty."""
        either = self.true + self.found - self.both
        return self.both / either if either else None


NOTHING = Counts(0, 0, 0)
