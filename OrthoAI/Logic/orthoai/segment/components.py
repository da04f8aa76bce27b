"""Connected parts of a mask. Voxels are connected through faces: a femur must not reach the pelvis through a corner."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.geometry import Triple

Mask = NDArray[np.bool_]

BRIDGE_MM = 3.0
"""A link thinner than this joins two bones, such as femur and tibia in a narrow joint; no femur is that thin."""

BRIDGE_VOXELS = 1.5
"""A bridge must be wider than this many voxels to be recognized as one."""

SIDE_PIECE = 0.25
"""A piece on a bridge is cut off when it is smaller than this share of the main one; else none knows which is right."""

COARSE_MM = 1.5
"""Bridges are looked for on voxels of about this size."""


def largest_parts(mask: Mask, count: int = 1) -> Mask:
    """The ``count`` largest connected parts of ``mask`` (K, J, I); everything where there are no more than that.

    Of parts of equal size the one with the lower k comes first. Memory: four bytes per voxel of the mask's own box.
    """
    box = tight_box(mask)
    if box is None:
        return mask.copy()
    labels = _labels(mask[box])
    sizes = _sizes(labels)
    kept = np.zeros(len(sizes), bool)
    kept[1 + np.argsort(-sizes[1:], kind="stable")[:count]] = True
    result = np.zeros(mask.shape, bool)
    result[box] = kept[labels]
    return result


def main_part(mask: Mask, spacing: Triple, bridge_mm: float = BRIDGE_MM) -> Mask:
    """The largest part of ``mask`` (K, J, I) once links thinner than ``bridge_mm`` count as cut.

    What is thicker than a link is a core. Each voxel goes to the nearest core, so the large ones keep their edges and
    thin corners, and only what belongs to a small core is lost. A mask without a core keeps its largest part, and so
    does one of voxels so large that a bridge cannot be told from a thin place of the bone.

    The width at which a link is cut depends on the voxels: depth is counted from the middle of the outermost ones, in
    whole voxels of the working size (COARSE_MM). With BRIDGE_MM links of up to four such voxels are cut where these
    have 0.75 to 1.5 mm (up to 3 to 6 mm wide), of up to two where they have 1.5 to 2 mm (up to 4 mm), and none where
    they are larger along any axis.

    Args:
        spacing: voxel size in mm along (i, j, k).
        bridge_mm: twice the depth that a core has, which is that of the voxels' middles.
    """
    box = tight_box(mask)
    if box is None or bridge_mm < BRIDGE_VOXELS * max(spacing):
        return largest_parts(mask)
    steps = [max(1, int(COARSE_MM / size)) for size in spacing[::-1]]
    coarse = _shrunk(mask[box], steps)
    image = _image(np.pad(coarse, 1, mode="edge"))
    image.SetSpacing([size * step for size, step in zip(spacing, steps[::-1], strict=True)])
    depth = sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    cores = sitk.RelabelComponent(sitk.ConnectedComponent(depth > bridge_mm / 2, False), sortByObjectSize=True)
    result = np.zeros(mask.shape, bool)
    result[box] = mask[box]
    sizes = _sizes(sitk.GetArrayFromImage(cores))[1:]
    large = int(np.count_nonzero(sizes >= SIDE_PIECE * sizes.max(initial=0)))
    if large < len(sizes):
        nearer = _distance(cores > large) >= _distance((cores > 0) & (cores <= large))
        nearer = sitk.GetArrayFromImage(nearer)[1:-1, 1:-1, 1:-1].astype(bool)
        for axis, step in enumerate(steps):
            nearer = np.repeat(nearer, step, axis)
        result[box] &= nearer[tuple(slice(0, n) for n in mask[box].shape)]
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


def _shrunk(mask: Mask, steps: list[int]) -> Mask:
    """One voxel for each block of ``steps`` voxels (k, j, i): true where at least half of the block is."""
    padded = np.pad(mask, [(0, -size % step) for size, step in zip(mask.shape, steps, strict=True)], mode="edge")
    k, j, i = (size // step for size, step in zip(padded.shape, steps, strict=True))
    return padded.reshape(k, steps[0], j, steps[1], i, steps[2]).mean(axis=(1, 3, 5)) >= 0.5


def _distance(inside: sitk.Image) -> sitk.Image:
    return sitk.SignedMaurerDistanceMap(inside, squaredDistance=False, useImageSpacing=True)


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
