"""Boxes that a person drew or corrected, in place of the detectors; their slice becomes the mid-sagittal slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orthoai.box import Box
from orthoai.detect.detector import Detection
from orthoai.drawn_boxes import require_in_image, require_single
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.tasks.disc.labels import SACRAL
from orthoai.tasks.disc.levels import NAMES, Levels, number_of
from orthoai.tasks.disc.locate import DISC_CLASS, LUMBAR


@dataclass(frozen=True)
class Given:
    """Checked boxes on one slice.

    Attributes:
        slice_index: the slice that they lie on.
        lumbar: pixel edges of the region to look for discs in; None where none was given.
        discs: pixel edges; labeled with their levels, or all with DISC_CLASS. Empty asks for a search in ``lumbar``.
        boxes: the same in the index space of the sagittal slices, as :func:`given_boxes` takes them.
    """

    slice_index: int
    lumbar: Detection | None
    discs: tuple[Detection, ...]
    boxes: tuple[Box, ...]

    @property
    def levels(self) -> Levels | None:
        """The discs as the person named them; None where that is left open."""
        if not self.discs or self.discs[0].label == DISC_CLASS:
            return None
        return Levels(tuple(sorted(self.discs, key=lambda disc: number_of(disc.label))))


def given_boxes(boxes: Sequence[Box], volume: Geometry, grid: Geometry) -> Given | None:
    """What ``boxes`` say; None for no boxes.

    Args:
        boxes: in the index space of ``volume``: at most one "lumbar", and discs all labeled with their level or all
            with "disc".
        volume: the input's own grid.
        grid: of the sagittal slices.

    Raises:
        InputError: an unknown or double label, a box without extent or outside the image.
    """
    if not boxes:
        return None
    _check_labels([box.label for box in boxes])
    for box in boxes:
        require_in_image(box, volume)
    moved = [box.on(volume, grid) for box in boxes]
    discs = [box for box in moved if box.label != LUMBAR]
    places = [(box.index_min[2] + box.index_max[2]) / 2 for box in discs or moved]
    index = int(np.clip(round(float(np.median(places))), 0, grid.shape[0] - 1))
    lumbar = next((flat(box) for box in moved if box.label == LUMBAR), None)
    return Given(index, lumbar, tuple(flat(box) for box in discs), tuple(moved))


def _check_labels(labels: list[str]) -> None:
    for label in labels:
        if label not in (LUMBAR, DISC_CLASS, SACRAL, *NAMES):
            raise InputError(f'A box is labeled "{label}": label it {LUMBAR}, {DISC_CLASS} or a level such as L4/L5.')
    require_single([label for label in labels if label != DISC_CLASS])
    levels = {label for label in labels if label != LUMBAR}
    if DISC_CLASS in levels and len(levels) > 1:
        raise InputError(f"Some discs are named and some are labeled {DISC_CLASS}: name all or none.")


def flat(box: Box) -> Detection:
    """The box in its slice; a pixel's center is n in a grid's index and n + 0.5 in a picture's edges."""
    return Detection(
        box.label,
        box.score,
        box.index_min[0] + 0.5,
        box.index_min[1] + 0.5,
        box.index_max[0] + 0.5,
        box.index_max[1] + 0.5,
    )
