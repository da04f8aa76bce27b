"""Whether a bone goes on beyond what was scanned."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.geometry import Geometry
from orthoai.tasks.femur.assemble import Part
from orthoai.volume import Volume

Mask = NDArray[np.bool_]

SKIN_MM = 3.0
"""So much skin, fat and muscle lies around any femur; what was not scanned may lie nearer."""


def is_truncated(part: Part, lps: Volume) -> bool:
    """Whether a piece of the femur is missing in the image ``lps``, of which ``part`` is a part."""
    return reaches_edge(part, lps.geometry) or reaches_blank(part, lps)


def reaches_edge(part: Part, grid: Geometry) -> bool:
    """Whether the femur reaches the outermost voxels of the whole volume."""
    for axis, size in enumerate(grid.shape):
        span = part.crop.slices[axis]
        if span.start == 0 and part.mask.take(0, axis).any():
            return True
        if span.stop == size and part.mask.take(-1, axis).any():
            return True
    return False


def reaches_blank(part: Part, lps: Volume) -> bool:
    """Whether the femur reaches voxels that were not scanned: around a round field, or in slices that were added.

    All of them have one value, which the corners of the image have, too. Lines of it, unlike the air around a leg,
    show no noise; and only where the field ends they pass right beside a bone.
    """
    hu = part.crop.volume.voxels
    fill = np.unique(lps.voxels[tuple(slice(None, None, size - 1) for size in lps.voxels.shape)])
    steps = lps.geometry.spacing[::-1]
    for axis in range(3):
        values = hu.take(0, axis)
        blank = np.isin(values, fill) & (hu.max(axis=axis) == hu.min(axis=axis))
        reach = [max(1, round(SKIN_MM / step)) for other, step in enumerate(steps) if other != axis]
        if (part.mask.any(axis=axis) & _grown(blank, reach)).any():
            return True
    return False


def _grown(mask: Mask, reach: list[int]) -> Mask:
    """``mask`` (H, W), and what lies up to ``reach`` pixels from it along the axes."""
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    return sitk.GetArrayFromImage(sitk.BinaryDilate(image, reach[::-1], sitk.sitkCross)).astype(bool)
