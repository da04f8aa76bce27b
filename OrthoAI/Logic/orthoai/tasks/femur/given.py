"""Boxes that a person drew or corrected, in place of stage 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.tasks.femur.crop import with_margin
from orthoai.tasks.femur.fuse import LEFT, RIGHT


def given_boxes(boxes: Sequence[Box], grid: Geometry, lps_grid: Geometry) -> list[Box]:
    """Checked boxes in the index space of ``lps_grid``, left before right.

    Args:
        boxes: in the index space of ``grid``, at most one per side.
        grid: of the input.
        lps_grid: the same voxels in LPS order.

    Raises:
        InputError: an unknown label, two boxes of one side, a box without extent or outside the image.
    """
    moved: dict[str, Box] = {}
    for box in boxes:
        if box.label not in (LEFT, RIGHT):
            raise InputError(f'A box is labeled "{box.label}": label it {LEFT} or {RIGHT}.')
        if box.label in moved:
            raise InputError(f"There are two boxes labeled {box.label}: delete one of them.")
        edges = np.array([box.index_min, box.index_max])
        if not np.isfinite(edges).all() or (edges[1] <= edges[0]).any():
            raise InputError(f"The box of {box.label} has no extent: draw it again.")
        lps_box = box.on(grid, lps_grid)
        start, stop = with_margin(lps_box, lps_grid, margin_mm=0.0)
        if any(low >= high for low, high in zip(start, stop, strict=True)):
            raise InputError(f"The box of {box.label} lies outside the image: draw it again.")
        moved[box.label] = lps_box
    return [moved[label] for label in (LEFT, RIGHT) if label in moved]
