"""A fingerprint of a segment's mask: the same as long as the same voxels of the patient belong to it."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from OrthoAILib.Bridge.Masks import cropOf, extentOf
from OrthoAILib.Bridge.Segments import BINARY

MaskPrint = tuple[tuple[float, ...], tuple[int, ...], int]

DIGITS = 3
"""Of a millimeter, to which the place counts."""

NO_MASK: MaskPrint = ((), (), 0)


def maskPrint(segment: Any) -> MaskPrint:
    """Place and content of the mask.

    Saving a scene gives segments a common labelmap with other values and a larger extent; that is no edit of anybody's.

    Args:
        segment: vtkSegment.
    """
    image = segment.GetRepresentation(BINARY)
    scalars = image.GetPointData().GetScalars() if image is not None and not image.IsEmpty() else None
    if scalars is None:
        return NO_MASK
    i, j, k = image.GetDimensions()
    labels = vtk_to_numpy(scalars).reshape(k, j, i)
    extent = extentOf(labels, segment.GetLabelValue())
    mask = cropOf(labels, segment.GetLabelValue(), extent)
    if not mask.voxels.size:
        return NO_MASK
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    first = [start + low for start, low in zip(image.GetExtent()[::2], extent[::2], strict=True)]
    corner = matrix.MultiplyPoint([*first, 1.0])[:3]
    bits = np.packbits(mask.voxels)
    # + 0.0 makes -0.0 and 0.0 one.
    return tuple(round(mm, DIGITS) + 0.0 for mm in corner), mask.voxels.shape, zlib.crc32(bits.tobytes())
