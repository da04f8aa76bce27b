"""Voxel by voxel: Dice, sensitivity, specificity and pixel accuracy, as in the paper's Table 5."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.int64]
"""Voxels by (true label, found label), a square table."""


@dataclass(frozen=True)
class Overlap:
    """How well two label maps agree; None where a figure is not defined.

    A voxel counts as right only under its own label, so that swapped sides are wrong.

    Attributes:
        dice: 2 |right| / (|true| + |found|) over labeled voxels; None when neither has any.
        sensitivity: share of the truly labeled voxels that are right; None when there is none.
        specificity: share of the true background that is found as background.
        pixel_accuracy: share of all voxels that are right.
    """

    dice: float | None
    sensitivity: float | None
    specificity: float | None
    pixel_accuracy: float | None

    @classmethod
    def of(cls, table: Table) -> Overlap:
        """From a table of voxels; label 0 is background."""
        right = int(np.trace(table)) - int(table[0, 0])
        true, found = int(table[1:].sum()), int(table[:, 1:].sum())
        return cls(
            dice=_share(2 * right, true + found),
            sensitivity=_share(right, true),
            specificity=_share(int(table[0, 0]), int(table[0].sum())),
            pixel_accuracy=_share(int(np.trace(table)), int(table.sum())),
        )


def confusion(truth: NDArray[np.uint8], found: NDArray[np.uint8], labels: int = 3) -> Table:
    """Count voxels by (true label, found label); both maps (K, J, I) hold 0 up to, not including, ``labels``."""
    table = np.zeros(labels * labels, np.int64)
    # Plane by plane: bincount widens what it is given to 64 bit.
    for true_plane, found_plane in zip(truth, found, strict=True):
        pairs = true_plane.astype(np.uint8) * np.uint8(labels) + found_plane.astype(np.uint8)
        table += np.bincount(pairs.ravel(), minlength=labels * labels)
    return table.reshape(labels, labels)


def collapsed(table: Table, values: Iterable[int]) -> Table:
    """The same voxels by (is it one of ``values``?) in truth and in the answer: a 2 x 2 table."""
    chosen = np.zeros(len(table), np.int64)
    chosen[list(values)] = 1
    pick = np.stack([1 - chosen, chosen])
    return pick @ table @ pick.T


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
