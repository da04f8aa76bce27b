"""A flexed thigh, shown to the segmenter as if it were stretched: it was trained on thighs flexed by 20 degrees or so.

A quarter turn about the axis from right to left brings a knee that points forward to the feet. Nothing is resampled.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from orthoai.geometry import Geometry
from orthoai.tasks.femur.crop import Crop
from orthoai.volume import Volume

Mask = NDArray[np.bool_]

FLEXED_MM = 300.0
"""A femur that reaches so far from front to back, and farther than from head to feet, is flexed by 45 degrees or more.
The box of a stretched one is never so deep, also where the scan is short."""


def foreground(part: Crop, segment: Callable[[Volume], Mask]) -> Mask:
    """The mask (K, J, I) of ``part`` as ``segment`` gives it; a flexed thigh is turned for it, and its mask back."""
    if not is_flexed(part):
        return segment(part.volume)
    return _turned_back(segment(_stretched(part.volume)))


def is_flexed(part: Crop) -> bool:
    """Whether the femur in the box of ``part`` lies rather along j than along k."""
    low, high = np.asarray(part.box.index_min), np.asarray(part.box.index_max)
    _, depth, height = (high - low) * np.asarray(part.volume.geometry.spacing)
    return bool(depth >= FLEXED_MM and depth > height)


def _stretched(volume: Volume) -> Volume:
    """What lies in front comes to lie below, and what lies above in front; in a frame of its own."""
    voxels = volume.voxels[::-1].transpose(1, 0, 2)
    i, j, k = volume.geometry.spacing
    return Volume(voxels, Geometry(voxels.shape, (i, k, j)), volume.modality)


def _turned_back(mask: Mask) -> Mask:
    return mask.transpose(1, 0, 2)[::-1]
