"""Whether a bone goes on beyond what was scanned, or beyond what was looked at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.geometry import Geometry
from orthoai.io.checks import corners
from orthoai.tasks.femur.assemble import Part
from orthoai.volume import Volume

Mask = NDArray[np.bool_]

SKIN_MM = 3.0
"""So much skin, fat and muscle lies around any femur; what was not scanned may lie nearer."""

SECTION_MM2 = 150.0
"""A femur that is cut shows such a section or more; less is a trace of another bone in its mask."""


def is_truncated(part: Part, lps: Volume) -> bool:
    """Whether a piece of the femur is missing in the image ``lps``, of which ``part`` is a part."""
    return reaches_edge(part, lps.geometry) or reaches_blank(part, lps)


def reaches_edge(part: Part, grid: Geometry) -> bool:
    """Whether the femur reaches the outermost voxels of the whole volume."""
    return any(is_image_end for _, _, is_image_end in _faces(part, grid))


def ends_at_box(part: Part, grid: Geometry) -> bool:
    """Whether the femur is cut where what the segmenter was shown ends, and the image goes on there."""
    steps = grid.spacing[::-1]
    return any(
        not is_image_end and touched * grid.voxel_volume / steps[axis] >= SECTION_MM2
        for axis, touched, is_image_end in _faces(part, grid)
    )


def _faces(part: Part, grid: Geometry) -> Iterator[tuple[int, int, bool]]:
    """The faces of its crop that the femur touches: axis, voxels there, and whether the whole volume ends there."""
    for axis, size in enumerate(grid.shape):
        span = part.crop.slices[axis]
        for face, is_image_end in ((0, span.start == 0), (-1, span.stop == size)):
            touched = int(np.count_nonzero(part.mask.take(face, axis)))
            if touched:
                yield axis, touched, is_image_end


def reaches_blank(part: Part, lps: Volume) -> bool:
    """Whether the femur reaches voxels that were not scanned: around a round field, or in slices that were added.

    All of them have one value, which the corners of the image have, too. Lines of it, unlike the air around a leg,
    show no noise; and only where the field ends they pass right beside a bone.
    """
    hu = part.crop.volume.voxels
    fill = np.unique(corners(lps.voxels))
    steps = lps.geometry.spacing[::-1]
    for axis in range(3):
        reach = [max(1, round(SKIN_MM / step)) for other, step in enumerate(steps) if other != axis]
        near = _grown(np.asarray(part.mask.any(axis=axis)), reach)
        lines = np.moveaxis(hu, axis, -1)[near & np.isin(hu.take(0, axis), fill)]
        if (lines == lines[:, :1]).all(axis=1).any():
            return True
    return False


def _grown(mask: Mask, reach: list[int]) -> Mask:
    """``mask`` (H, W), and what lies up to ``reach`` pixels from it along the axes."""
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    return sitk.GetArrayFromImage(sitk.BinaryDilate(image, reach[::-1], sitk.sitkCross)).astype(bool)
