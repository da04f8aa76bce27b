"""A whole vertebral body from the few sagittal slices that an MR shows of its middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

MARGIN_MM = 3.0

FULL_SHARE = 0.75
"""Slices whose area is at least this share of the largest one's are kept; those beyond are drawn."""

ROUNDNESS = 2.6
"""Exponent of the superellipse that a body's outline is, seen from above."""

THINNEST = 0.3
"""Where the outline is less deep than this share of its middle, the body ends."""

BACK_SHARE = 0.3
"""Of the depth that the body loses at a side so much goes at the back, the rest at the front."""


def widened(
    slab: NDArray[np.bool_], spacing: tuple[float, float, float], wide: float
) -> tuple[NDArray[np.bool_], int] | None:
    """The body of which ``slab`` shows the middle, its sides drawn from the outermost good slices.

    Args:
        slab: (Z, Y, X); x runs to the side, y to the back.
        spacing: mm along (x, y, z).
        wide: width of the body as a multiple of its depth.

    Returns:
        (mask with more slices, how many were put before the first one of ``slab``); None where no slice shows bone.
    """
    areas = slab.sum(axis=(0, 1))
    if not areas.any():
        return None
    good = np.flatnonzero(areas >= FULL_SHARE * areas.max())
    first, last = int(good[0]), int(good[-1])
    half_slab = (last - first + 1) * spacing[0] / 2
    half = wide * _depth(slab[:, :, first : last + 1]) * spacing[1] / 2
    more = max(0, int(np.ceil((half - half_slab + MARGIN_MM) / spacing[0])))
    before, after = max(0, more - first), max(0, more - (slab.shape[2] - 1 - last))
    result = np.pad(slab, ((0, 0), (0, 0), (before, after)))
    result[:, :, : before + first] = False
    result[:, :, before + last + 1 :] = False
    for edge, step in ((before + first, -1), (before + last, 1)):
        model = result[:, :, edge].astype(np.float32)
        for n in range(1, more + 1):
            share = _outline(half_slab + n * spacing[0], half) / max(_outline(half_slab, half), THINNEST)
            if share < THINNEST:
                break
            result[:, :, edge + n * step] = _shallower(model, share)
    return result, before


def _depth(slab: NDArray[np.bool_]) -> float:
    """Voxels from front to back, in the middle of its height."""
    rows = np.flatnonzero(slab.any(axis=(1, 2)))
    middle = slab[rows[len(rows) // 3] : rows[2 * len(rows) // 3] + 1]
    return float(np.median(middle.sum(axis=1)[middle.any(axis=1)]))


def _outline(x: float, half: float) -> float:
    """Depth of the body ``x`` mm off its middle, 1 there."""
    inside = 1 - min(1.0, x / half) ** ROUNDNESS
    return float(inside ** (1 / ROUNDNESS))


def _shallower(mask: NDArray[np.float32], share: float) -> NDArray[np.bool_]:
    """The slice (Z, Y) with ``share`` of its depth."""
    columns = np.flatnonzero(mask.any(axis=0))
    start, stop = columns[0], columns[-1]
    fixed = stop - BACK_SHARE * (stop - start)
    source = fixed + (np.arange(mask.shape[1]) - fixed) / share
    z, y = np.meshgrid(np.arange(mask.shape[0]), source, indexing="ij")
    drawn: NDArray[np.bool_] = ndimage.map_coordinates(mask, [z, y], order=1) >= 0.5
    return drawn
