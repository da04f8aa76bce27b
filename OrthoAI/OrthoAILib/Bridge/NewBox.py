"""A box that a person adds, as it lies before it is dragged into place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.geometry import Geometry

SHARE = 0.25
"""Of the image's extents, where no other box tells how large a structure is."""


def newBox(label: str, place: NDArray, others: Sequence[Box], geometry: Geometry) -> Box:
    """A box around ``place``, as large as ``others`` are.

    Args:
        place: index (i, j, k); one outside the image is brought to its edge.
        others: boxes of the same result, in the index space of ``geometry``.
        geometry: of the image.

    Example:
        >>> newBox("femur_left", np.array([50, 50, 50]), (), Geometry(shape=(101, 101, 101))).index_max
        (62.625, 62.625, 62.625)
    """
    size = np.array(geometry.size, float)
    extents = [np.subtract(box.index_max, box.index_min) for box in others]
    half = (np.median(extents, axis=0) if extents else size * SHARE) / 2
    center = np.clip(place, 0, size - 1)
    low, high = np.maximum(center - half, -0.5), np.minimum(center + half, size - 0.5)
    (i0, j0, k0), (i1, j1, k1) = low.tolist(), high.tolist()
    return Box.from_index(label, 1.0, (i0, j0, k0), (i1, j1, k1), geometry)
