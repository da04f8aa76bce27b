"""Boxes that a person drew or corrected, checked against the image and seen from the working grid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.drawn_boxes import require_in_image
from orthoai.geometry import Geometry


def checked_boxes(boxes: Sequence[Box], volume: Geometry) -> tuple[Box, ...]:
    """``boxes`` in the index space of ``volume`` as they are.

    Raises:
        InputError: one without extent or outside the image.
    """
    for box in boxes:
        require_in_image(box, volume)
    return tuple(boxes)


def none_found(asked: int) -> str:
    """What the user is told where ``asked`` boxes hold nothing: no all-clear."""
    return f"No vertebra found in the {boxes_text(asked)}."


def rest_unjudged(asked: int) -> str:
    """What the user is told beside the findings in ``asked`` boxes: of other vertebrae they say nothing."""
    return f"No vertebra outside the {boxes_text(asked)} was judged."


def boxes_text(asked: int) -> str:
    """The word for ``asked`` boxes."""
    return "boxes" if asked > 1 else "box"


class WorkingBox:
    """One checked box on a working grid.

    Attributes:
        label: of the box.
        low, high: its outer edges as indices (column, row, slice) of the working grid.
    """

    def __init__(self, box: Box, volume: Geometry, grid: Geometry) -> None:
        self.label = box.label
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
