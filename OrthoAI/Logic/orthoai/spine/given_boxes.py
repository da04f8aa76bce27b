"""Boxes that a person drew or corrected, checked against the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
