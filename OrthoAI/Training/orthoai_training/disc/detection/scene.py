"""A slice whose discs are known, and the two kinds of boxes that the detectors learn to draw.

A disc's box is the upright box around its outline, ``BOX_MARGIN_MM`` larger on every side. That is how the boxes of
spider_midsag_dev are drawn: against the masks of the same training patients they are larger by 5 mm to 7 mm a side at
most levels (median 5.6 mm across, 5.8 mm along the spine), with large differences between patients.

The lumbar region is the upright box around the boxes of T12/L1 to L5/S1, ``BEHIND_MM`` larger to the back, where the
canal is, and ``BELOW_MM`` larger downward, into S1. So it holds L1 to the top of S1, whatever else the field shows.
Where T12/L1 is cut off or unlabeled the region ends one disc spacing above the topmost labeled disc, at most at the
edge of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.detect.detector import Detection
from orthoai.tasks.disc.locate import DISC_CLASS, LUMBAR
from orthoai.tasks.disc.picture import PixelMm, Slice

Points = NDArray[np.float64]

BOX_MARGIN_MM = 5.6

BEHIND_MM, BELOW_MM = 15.0, 10.0

LOWEST_LEVEL, HIGHEST_LEVEL = 1, 6
"""SPIDER's IVD labels of L5/S1 and T12/L1."""

LEAST_DISCS = 3
"""Discs of the lumbar region that a slice must show for its region to be known."""


@dataclass(frozen=True)
class Scene:
    """One slice and its discs.

    Attributes:
        name: unique among the scenes of a data set.
        patient: SPIDER id, or a number of a simulated patient.
        image: (H, W) as :func:`orthoai.tasks.disc.picture.normalized` makes it.
        outlines: IVD label to points (n, 2) of x, y around the disc, in pixel edges.
    """

    name: str
    patient: int
    image: Slice
    pixel_mm: PixelMm
    outlines: Mapping[int, Points]

    def disc_boxes(self) -> dict[int, Detection]:
        """IVD label to the disc's box; it may reach past the picture."""
        return {label: self._around(points) for label, points in self.outlines.items()}

    def lumbar_box(self) -> Detection | None:
        """The lumbar region inside the picture; None when too few of its discs are labeled."""
        boxes = {label: box for label, box in self.disc_boxes().items() if LOWEST_LEVEL <= label <= HIGHEST_LEVEL}
        if len(boxes) < LEAST_DISCS or LOWEST_LEVEL not in boxes:
            return None
        height, width = self.image.shape
        row_mm, column_mm = self.pixel_mm
        top = min(box.y0 for box in boxes.values())
        if HIGHEST_LEVEL not in boxes:
            rows = [(box.y0 + box.y1) / 2 for _, box in sorted(boxes.items())]
            top -= float(np.median(-np.diff(rows))) * (HIGHEST_LEVEL - max(boxes))
        return Detection(
            LUMBAR,
            1.0,
            max(0.0, min(box.x0 for box in boxes.values())),
            max(0.0, top),
            min(float(width), max(box.x1 for box in boxes.values()) + BEHIND_MM / column_mm),
            min(float(height), max(box.y1 for box in boxes.values()) + BELOW_MM / row_mm),
        )

    def _around(self, points: Points) -> Detection:
        margin = np.array([BOX_MARGIN_MM / self.pixel_mm[1], BOX_MARGIN_MM / self.pixel_mm[0]])
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
        return Detection(DISC_CLASS, 1.0, float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def clipped(box: Detection, x0: float, y0: float, x1: float, y1: float, least_share: float) -> Detection | None:
    """The part of ``box`` in a window, counted from the window's corner; None with less than ``least_share`` left."""
    left, top = max(box.x0, x0), max(box.y0, y0)
    right, bottom = min(box.x1, x1), min(box.y1, y1)
    if right <= left or bottom <= top:
        return None
    share = (right - left) * (bottom - top) / ((box.x1 - box.x0) * (box.y1 - box.y0))
    if share < least_share:
        return None
    return Detection(box.label, box.score, left - x0, top - y0, right - x0, bottom - y0)
