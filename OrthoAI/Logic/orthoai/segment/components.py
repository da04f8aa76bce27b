"""Connected parts of a mask. Voxels are connected through faces: a femur must not reach the pelvis through a corner."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.geometry import Triple
from orthoai.segment.shrink import shrunk

Mask = NDArray[np.bool_]

BRIDGE_MM = 4.0
"""A link of up to this width joins two bones, such as femur and tibia in a narrow joint; no femur is that thin."""

BRIDGE_VOXELS = 2.0
"""So many voxels of the mask a bridge may be wide at least; else it cannot be told from a thin place of the bone."""

SIDE_PIECE = 0.25
"""A piece on a bridge is cut off when it is smaller than this share of the main one; else none knows which is right."""

FULL = 255
"""Of a voxel that is wholly in the mask."""

WORK_MM = 1.0
"""Bridges are looked for on voxels of this size, whatever those of the mask."""

CORE_REACH = 2
"""BRIDGE_MM / 2 in voxels of WORK_MM. Nearer than 2 mm to a voxel are the 26 around it alone; so it is 2 mm deep where
none of these is an outermost one of the mask, that is where all 5 x 5 x 5 voxels around it are in the mask."""


def largest_parts(mask: Mask, count: int = 1) -> Mask:
    """The ``count`` largest connected parts of ``mask`` (K, J, I); everything where there are no more than that.

    Of parts of equal size the one with the lower k comes first. Memory: four bytes per voxel of the mask's own box.
    """
    box = tight_box(mask)
    if box is None:
        return mask.copy()
    labels = _labels(mask[box])
    if labels.max() <= count:
        return mask.copy()
    sizes = _sizes(labels)
    kept = np.zeros(len(sizes), bool)
    kept[1 + np.argsort(-sizes[1:], kind="stable")[:count]] = True
    result = np.zeros(mask.shape, bool)
    result[box] = kept[labels]
    return result


def main_part(mask: Mask, spacing: Triple) -> Mask:
    """The largest part of ``mask`` (K, J, I) once links of up to BRIDGE_MM count as cut.

    What is thicker than a link is a core. Each voxel goes to the nearest core, so the large ones keep their edges and
    thin corners, and only what belongs to a small core is lost. A mask without a core keeps its largest part, and so
    does one of voxels so large along any axis that a bridge cannot be told from a thin place of the bone. Depending on
    how voxels fall, links up to 1.5 mm wider may be cut, too.

    Args:
        spacing: voxel size in mm along (i, j, k).
    """
    box = tight_box(mask)
    if box is None or max(spacing) > BRIDGE_MM / BRIDGE_VOXELS:
        return largest_parts(mask)
    own = _image(np.pad(mask[box], 1, mode="edge"))
    own.SetSpacing(spacing)
    cores, sizes = _parts_by_size(_deep(_working(own)))
    result = np.zeros(mask.shape, bool)
    result[box] = mask[box]
    large = int(np.count_nonzero(sizes >= SIDE_PIECE * sizes.max(initial=0)))
    if large < len(sizes):
        nearer = _distance(cores > large) >= _distance((cores > 0) & (cores <= large))
        there = sitk.Resample(nearer, own, sitk.Transform(), sitk.sitkNearestNeighbor, 1)
        result[box] &= sitk.GetArrayFromImage(there)[1:-1, 1:-1, 1:-1].astype(bool)
    return largest_parts(result)


def tight_box(mask: NDArray[np.generic]) -> tuple[slice, slice, slice] | None:
    """The tightest box (k, j, i) of the voxels of ``mask`` that are not 0; None when there is none."""
    spans = []
    for axis in range(3):
        hits = np.flatnonzero(mask.any(axis=tuple(n for n in range(3) if n != axis)))
        if hits.size == 0:
            return None
        spans.append(slice(int(hits[0]), int(hits[-1]) + 1))
    return spans[0], spans[1], spans[2]


def _working(mask: sitk.Image) -> sitk.Image:
    """``mask`` on voxels of WORK_MM that cover the same place: those of which it fills half or more."""
    steps = mask.GetSpacing()
    size = [int(np.ceil(n * step / WORK_MM - 1e-6)) for n, step in zip(mask.GetSize(), steps, strict=True)]
    full = mask * FULL
    reach = [int((WORK_MM / step - 1) / 2) for step in steps]
    # Averaged first where several voxels make one, else single ones would speak for all.
    smooth = sitk.Mean(full, reach) if any(reach) else full
    origin = [(WORK_MM - step) / 2 for step in steps]
    shares = sitk.Resample(smooth, size, sitk.Transform(), sitk.sitkLinear, origin, [WORK_MM] * 3)
    return shares >= (FULL + 1) // 2


def _deep(mask: sitk.Image) -> sitk.Image:
    """Its voxels that lie BRIDGE_MM / 2 or more inside, counted from the middle of the outermost ones."""
    deep = _image(shrunk(sitk.GetArrayViewFromImage(mask).view(bool), [CORE_REACH] * 3))
    deep.CopyInformation(mask)
    return deep


def _parts_by_size(mask: sitk.Image) -> tuple[sitk.Image, NDArray[np.int64]]:
    """Its connected parts, numbered from 1, the largest first, and how many voxels each has."""
    by_size = sitk.RelabelComponentImageFilter()
    parts = by_size.Execute(sitk.ConnectedComponent(mask, False))
    return parts, np.array(by_size.GetSizeOfObjectsInPixels(), np.int64)


def _distance(mask: sitk.Image) -> sitk.Image:
    """mm to the surface, positive outside of it."""
    return sitk.SignedMaurerDistanceMap(mask, squaredDistance=False, useImageSpacing=True)


def _image(mask: Mask) -> sitk.Image:
    return sitk.GetImageFromArray(np.ascontiguousarray(mask).view(np.uint8))


def _labels(mask: Mask) -> NDArray[np.uint32]:
    """Parts numbered from 1 in the order of their first voxel, 0 outside."""
    return sitk.GetArrayFromImage(sitk.ConnectedComponent(_image(mask), False))


def _sizes(labels: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Voxels per label, plane by plane since bincount widens what it is given to 64 bit."""
    sizes = np.zeros(int(labels.max()) + 1, np.int64)
    for plane in labels:
        sizes += np.bincount(plane.ravel(), minlength=len(sizes))
    return sizes
