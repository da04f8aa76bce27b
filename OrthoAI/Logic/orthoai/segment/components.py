"""Connected parts of a mask. Voxels are connected through faces: a femur must not reach the pelvis through a corner."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def largest_parts(mask: Mask, count: int = 1) -> Mask:
    """The ``count`` largest connected parts of ``mask`` (K, J, I); everything where there are no more than that.

    Of parts of equal size the one with the lower k comes first. Memory: four bytes per voxel of the mask's own box.
    """
    box = _box(mask)
    if box is None:
        return mask.copy()
    labels = _labels(mask[box])
    sizes = _sizes(labels)
    kept = np.zeros(len(sizes), bool)
    kept[1 + np.argsort(-sizes[1:], kind="stable")[:count]] = True
    result = np.zeros(mask.shape, bool)
    result[box] = kept[labels]
    return result


def fill_holes(mask: Mask, largest: int) -> Mask:
    """``mask`` (K, J, I) with the enclosed holes of at most ``largest`` voxels filled.

    A hole at the edge of the array is open and stays.
    """
    box = _box(mask)
    result = mask.copy()
    if box is None:
        return result
    labels = _labels(~mask[box])
    fill = _sizes(labels) <= largest
    fill[0] = False
    for axis in range(3):
        # What reaches the side of the mask's box goes on outside it.
        for side in (0, -1):
            fill[np.unique(labels.take(side, axis))] = False
    result[box] |= fill[labels]
    return result


def _box(mask: Mask) -> tuple[slice, slice, slice] | None:
    """The tightest box of true voxels; None when there is none."""
    spans = []
    for axis in range(3):
        hits = np.flatnonzero(mask.any(axis=tuple(n for n in range(3) if n != axis)))
        if hits.size == 0:
            return None
        spans.append(slice(int(hits[0]), int(hits[-1]) + 1))
    return spans[0], spans[1], spans[2]


def _labels(mask: Mask) -> NDArray[np.uint32]:
    """Parts numbered from 1 in the order of their first voxel, 0 outside."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(mask).view(np.uint8))
    return sitk.GetArrayFromImage(sitk.ConnectedComponent(image, False))


def _sizes(labels: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Voxels per label, plane by plane since bincount widens what it is given to 64 bit."""
    sizes = np.zeros(int(labels.max()) + 1, np.int64)
    for plane in labels:
        sizes += np.bincount(plane.ravel(), minlength=len(sizes))
    return sizes
