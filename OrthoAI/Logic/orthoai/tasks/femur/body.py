"""What the whole image says about a place: the body's midline, and where there is bone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orthoai.drr.parallel import ParallelDrrs
from orthoai.tasks.femur.fuse import BoneExtent
from orthoai.tasks.femur.view_box import Span
from orthoai.volume import Volume

TISSUE_HU = -300
"""Skin, fat, muscle and bone lie above, air and most of a padded table below."""

METAL_HU = 2800
"""Cortical bone stays below; metal saturates a 12-bit CT at 3071 HU."""

SAMPLES = (64, 128, 256)
"""Voxels looked at along (k, j, i)."""

EDGE_SHARE = 0.1
"""The field of view cuts the body off where the outermost column holds this part of the fullest column's tissue."""

NARROWEST_BODY_MM = 250.0
"""Less than that may be one leg, whose middle is not the body's."""

TAIL = 0.02
"""Part of the tissue at either side that does not count for the body's width: blankets, fingers, noise."""

BONE_PATH_MM = 8.0
"""Path through dense bone that tells bone from noise and the table's edges."""


def midline(volume_lps: Volume) -> float | None:
    """The body's midline along i, in mm from the center of the first voxel.

    None when the volume does not show the whole width of a body: cut off at a side, one leg only, or no tissue.

    Args:
        volume_lps: CT in HU in LPS order; only a sample of its voxels is read.
    """
    steps = [max(1, size // samples) for size, samples in zip(volume_lps.voxels.shape, SAMPLES, strict=True)]
    tissue = volume_lps.voxels[:: steps[0], :: steps[1], :: steps[2]] > TISSUE_HU
    columns = tissue.sum(axis=(0, 1))
    total = columns.sum()
    if total == 0 or max(columns[0], columns[-1]) > EDGE_SHARE * columns.max():
        return None
    share = np.cumsum(columns) / total
    low, middle, high = (float(np.searchsorted(share, level)) for level in (TAIL, 0.5, 1 - TAIL))
    column_mm = steps[2] * volume_lps.geometry.spacing[0]
    return middle * column_mm if (high - low) * column_mm >= NARROWEST_BODY_MM else None


def bone_extent(drrs: ParallelDrrs) -> BoneExtent:
    """Where the projections show bone. ``drrs`` hold paths through dense bone in mm."""
    step_i, step_j, step_k = drrs.geometry.spacing

    def along_k(x: Span) -> Span | None:
        return _rows_with_bone(drrs.coronal, x, step_i, step_k)

    def along_j(x: Span, k: Span) -> Span | None:
        return _rows_with_bone(drrs.axial_between(k.low / step_k, k.high / step_k + 1), x, step_i, step_j)

    return BoneExtent(along_k, along_j)


def _rows_with_bone(paths: NDArray[np.float32], x: Span, column_mm: float, row_mm: float) -> Span | None:
    """The rows of ``paths`` (rows, columns) that show bone in the columns ``x``, in mm."""
    first = max(0, round(x.low / column_mm + 0.5))
    columns = paths[:, first : max(first + 1, round(x.high / column_mm + 0.5))]
    if columns.size == 0:
        return None
    rows = np.flatnonzero(columns.max(axis=1) > BONE_PATH_MM)
    return Span((rows[0] - 0.5) * row_mm, (rows[-1] + 0.5) * row_mm) if rows.size else None
