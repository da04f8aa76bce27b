"""Boxes that a person drew or corrected, checked against the image and seen from the working grid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.geometry import Geometry


def checked_boxes(boxes: Sequence[Box], volume: Geometry) -> tuple[Box, ...]:
    """``boxes`` in the index space of ``volume`` as they are.

    Raises:
        InputError: one without extent or outside the image.
    """
    for box in boxes:
        edges = np.array([box.index_min, box.index_max])
        if not np.isfinite(edges).all() or (edges[1] <= edges[0]).any():
            raise InputError(f"The box of {box.label} has no extent: draw it again.")
        if (edges[1] < -0.5).any() or (edges[0] > np.array(volume.size) - 0.5).any():
            raise InputError(f"The box of {box.label} lies outside the image: draw it again.")
    return tuple(boxes)


class WorkingBox:
    """One checked box on a working grid.

    Attributes:
        low, high: its outer edges as indices (column, row, slice) of the working grid.
    """

    def __init__(self, box: Box, volume: Geometry, grid: Geometry) -> None:
        corners = np.array(list(product(*zip(box.index_min, box.index_max, strict=True))))
        places = grid.lps_to_index(volume.index_to_lps(corners))
        self.low: NDArray[np.float64] = places.min(axis=0)
        self.high: NDArray[np.float64] = places.max(axis=0)

    @property
    def middle(self) -> NDArray[np.float64]:
        """Indices (column, row, slice) of its center."""
        return (self.low + self.high) / 2

    def holds(self, place: tuple[float, float, float]) -> bool:
        """Whether ``place``, indices (column, row, slice) of the working grid, lies in the box."""
        return bool((self.low <= place).all() and (place <= self.high).all())
