"""Boxes that a person drew or corrected, in place of stage 1."""

from __future__ import annotations

from collections.abc import Sequence

from orthoai.box import Box
from orthoai.drawn_boxes import require_in_image, require_single
from orthoai.errors import InputError
from orthoai.geometry import Geometry
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
    for box in boxes:
        if box.label not in (LEFT, RIGHT):
            raise InputError(f'A box is labeled "{box.label}": label it {LEFT} or {RIGHT}.')
    require_single([box.label for box in boxes])
    moved: dict[str, Box] = {}
    for box in boxes:
        require_in_image(box, grid)
        moved[box.label] = box.on(grid, lps_grid)
    return [moved[label] for label in (LEFT, RIGHT) if label in moved]
