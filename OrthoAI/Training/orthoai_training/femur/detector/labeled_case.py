"""A labeled CT as the detector's training sees it: in LPS order, with one tight mask per femur."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.volume import Volume, reorient_array

from orthoai_training.dataset import FEMUR_LABELS

Index = tuple[int, int, int]
Edges = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Field:
    """A field of view: voxels ``start`` <= (i, j, k) < ``stop`` of a volume."""

    start: Index
    stop: Index

    @classmethod
    def whole(cls, volume: Volume) -> Field:
        """Everything."""
        return cls((0, 0, 0), volume.geometry.size)


@dataclass(frozen=True)
class FemurMask:
    """The voxels of one femur.

    Attributes:
        label: "femur_left" or "femur_right".
        start: first voxel (i, j, k) of ``mask`` in the volume.
        mask: (K, J, I) bool, tight around the femur.
    """

    label: str
    start: Index
    mask: NDArray[np.bool_]

    @classmethod
    def find(cls, label: str, mask: NDArray[np.bool_]) -> FemurMask | None:
        """The true voxels of ``mask`` (K, J, I); None when there is none."""
        bounds = _bounds(mask)
        if bounds is None:
            return None
        low, high = bounds
        return cls(label, low, mask[low[2] : high[2], low[1] : high[1], low[0] : high[0]].copy())

    def within(self, field: Field) -> Edges | None:
        """Outer voxel edges (i, j, k) of the part inside ``field``, in its index space; None when nothing is."""
        start = np.array(self.start)
        size = np.array(self.mask.shape[::-1])
        low = np.clip(np.array(field.start) - start, 0, size)
        high = np.clip(np.array(field.stop) - start, 0, size)
        bounds = _bounds(self.mask[low[2] : high[2], low[1] : high[1], low[0] : high[0]])
        if bounds is None:
            return None
        moved = start + low - np.array(field.start)
        first, last = moved + bounds[0] - 0.5, moved + bounds[1] - 0.5
        return (float(first[0]), float(first[1]), float(first[2])), (float(last[0]), float(last[1]), float(last[2]))


@dataclass(frozen=True)
class LabeledCase:
    """A CT in LPS order and the femora in it.

    Attributes:
        volume: HU, in LPS order.
        femora: those that have a voxel, left before right.
    """

    volume: Volume
    femora: tuple[FemurMask, ...]

    @classmethod
    def of(cls, volume: Volume, labels: NDArray) -> LabeledCase:
        """From a CT and its labels (1 femur_left, 2 femur_right) on the same grid, in any axis order.

        Raises:
            InputError: the labels have another size.
        """
        if labels.shape != volume.voxels.shape:
            raise InputError("An image and its labels have different sizes: resample the labels to the image.")
        placed = reorient_array(labels, volume.geometry, "LPS")
        found = (FemurMask.find(label, placed == value) for value, label in FEMUR_LABELS.items())
        return cls(volume.reoriented("LPS"), tuple(femur for femur in found if femur is not None))


def _bounds(mask: NDArray[np.bool_]) -> tuple[Index, Index] | None:
    """First voxel (i, j, k) of the true ones and the one after the last; None when there is none."""
    from_above, from_left = np.any(mask, axis=0), np.any(mask, axis=2)
    cols, rows = np.flatnonzero(np.any(from_above, axis=0)), np.flatnonzero(np.any(from_above, axis=1))
    slices = np.flatnonzero(np.any(from_left, axis=1))
    if slices.size == 0:
        return None
    return (int(cols[0]), int(rows[0]), int(slices[0])), (int(cols[-1]) + 1, int(rows[-1]) + 1, int(slices[-1]) + 1)
