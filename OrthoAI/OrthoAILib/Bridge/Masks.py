"""Masks of structures, cropped to where they are, so that nothing walks a whole long CT. Plain numpy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from OrthoAILib.Bridge.Extent import EMPTY, Extent, toExtent


@dataclass(frozen=True)
class Mask:
    """The voxels of one structure.

    Attributes:
        extent: where ``voxels`` lie in the volume, half-open (i0, i1, j0, j1, k0, k1).
        voxels: bool array (K, J, I) of that extent's size; everything outside is False.
    """

    extent: Extent
    voxels: NDArray[np.bool_]

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Its place in an array (K, J, I)."""
        i0, i1, j0, j1, k0, k1 = self.extent
        return slice(k0, k1), slice(j0, j1), slice(i0, i1)

    def pasteInto(self, labels: NDArray[np.uint8], value: int) -> None:
        """Write ``value`` where the mask is True."""
        np.copyto(labels[self.slices], value, where=self.voxels)

    def clearIn(self, voxels: NDArray[np.bool_], extent: Extent) -> None:
        """Set ``voxels`` (K, J, I), which lie at ``extent`` of the volume, to False where this mask is True."""
        start = [max(a, b) for a, b in zip(self.extent[::2], extent[::2], strict=True)]
        stop = [min(a, b) for a, b in zip(self.extent[1::2], extent[1::2], strict=True)]
        if any(low >= high for low, high in zip(start, stop, strict=True)):
            return
        here, there = (
            tuple(slice(start[n] - own[2 * n], stop[n] - own[2 * n]) for n in (2, 1, 0))
            for own in (self.extent, extent)
        )
        voxels[there] &= ~self.voxels[here]


NOTHING = Mask(EMPTY, np.zeros((0, 0, 0), bool))
"""The mask of a structure that is not there."""


def labelMap(masks: Mapping[int, Mask], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Masks by value as one array (K, J, I); where they overlap, the highest value stays."""
    labels = np.zeros(shape, np.uint8)
    for value, mask in sorted(masks.items()):
        mask.pasteInto(labels, value)
    return labels


def mergedLabels(
    edited: Mapping[int, Mask], original: Mapping[int, Mask], shape: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Edited masks by value as one array (K, J, I).

    A voxel in several masks goes to the one whose edit put it there, else to the highest value.

    Args:
        edited: the masks as they are now.
        original: the masks before they were edited.
    """
    labels = labelMap(edited, shape)
    for value, mask in sorted(edited.items()):
        added = mask.voxels.copy()
        original.get(value, NOTHING).clearIn(added, mask.extent)
        Mask(mask.extent, added).pasteInto(labels, value)
    return labels


def hull(masks: Iterable[Mask]) -> Extent:
    """The smallest extent that holds the extents of all masks; one voxel where they are empty."""
    extents = np.array([mask.extent for mask in masks if mask.voxels.size] or [(0, 1, 0, 1, 0, 1)])
    return toExtent(extents[:, ::2].min(axis=0), extents[:, 1::2].max(axis=0))


def extentOf(labels: NDArray[np.uint8], value: int) -> Extent:
    """The smallest extent that holds every voxel of ``value``; EMPTY when there is none. Walks the whole array."""
    k = np.array([n for n, plane in enumerate(labels) if (plane == value).any()], dtype=int)
    if k.size == 0:
        return EMPTY
    flat = np.zeros(labels.shape[1:], bool)
    for plane in labels[k[0] : k[-1] + 1]:
        flat |= plane == value
    j, i = np.flatnonzero(flat.any(axis=1)), np.flatnonzero(flat.any(axis=0))
    return int(i[0]), int(i[-1]) + 1, int(j[0]), int(j[-1]) + 1, int(k[0]), int(k[-1]) + 1


def cropOf(labels: NDArray[np.uint8], value: int, extent: Extent) -> Mask:
    """The voxels of ``value`` in ``extent`` of a label map (K, J, I)."""
    if min(extent[1] - extent[0], extent[3] - extent[2], extent[5] - extent[4]) <= 0:
        return NOTHING
    i0, i1, j0, j1, k0, k1 = extent
    return Mask(extent, labels[k0:k1, j0:j1, i0:i1] == value)
