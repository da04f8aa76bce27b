"""Numbered bodies of a working grid on the input's own grid, and their boxes there."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.geometry import Triple

Edges = tuple[Triple, Triple]
"""Outer voxel edges (i, j, k) of a box, the lowest and the highest."""


def number_edges(numbers: NDArray[np.uint8]) -> dict[int, Edges]:
    """The tightest box of every number but 0 in ``numbers`` (K, J, I)."""
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.ComputePerimeterOff()
    shapes.Execute(sitk.GetImageFromArray(numbers))
    found = {}
    for number in shapes.GetLabels():
        i, j, k, width, height, depth = shapes.GetBoundingBox(number)
        found[int(number)] = ((i - 0.5, j - 0.5, k - 0.5), (i + width - 0.5, j + height - 0.5, k + depth - 0.5))
    return found
