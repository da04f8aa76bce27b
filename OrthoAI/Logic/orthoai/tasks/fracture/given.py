"""Boxes that a person drew or corrected: only what lies in one of them is marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box


def keep_inside(mask: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.uint8]:
    """``mask`` (K, J, I) where a voxel's center lies in one of ``boxes``, in its own index space; else 0."""
    kept = np.zeros_like(mask)
    for box in boxes:
        spans = []
        for axis in (2, 1, 0):
            low, high = np.ceil(box.index_min[axis]), np.floor(box.index_max[axis]) + 1
            size = mask.shape[2 - axis]
            spans.append(slice(int(np.clip(low, 0, size)), int(np.clip(high, 0, size))))
        window = (spans[0], spans[1], spans[2])
        kept[window] = mask[window]
    return kept
