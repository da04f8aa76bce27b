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

from collections.abc import Iterable, Mapping
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
class Margins:
    """How far the lumbar region reaches past the boxes of its discs, in mm; less than 0 where it ends before them."""

    front: float = 0.0
    above: float = 0.0
    behind: float = BEHIND_MM
    below: float = BELOW_MM


@dataclass(frozen=True)
class Scene:
    """One slice and its discs.

    Attributes:
        name: unique among the scenes of a data set.
        patient: SPIDER id, or a number of a simulated patient.
        image: (H, W) as :func:`orthoai.tasks.disc.picture.normalized` makes it.
        outlines: IVD label to points (n, 2) of x, y around the disc, in pixel edges.
        margins: of the lumbar region around the lumbar discs that are there; None for the definition above.
    """

    name: str
    patient: int
    image: Slice
    pixel_mm: PixelMm
    outlines: Mapping[int, Points]
    margins: Margins | None = None

    def disc_boxes(self) -> dict[int, Detection]:
        """IVD label to the disc's box; it may reach past the picture."""
        return {label: disc_box(points, self.pixel_mm) for label, points in self.outlines.items()}

    def lumbar_box(self) -> Detection | None:
        """The lumbar region inside the picture; None when too few of its discs are labeled."""
        boxes = {label: box for label, box in self.disc_boxes().items() if LOWEST_LEVEL <= label <= HIGHEST_LEVEL}
        if len(boxes) < LEAST_DISCS or (self.margins is None and LOWEST_LEVEL not in boxes):
            return None
        height, width = self.image.shape
        row_mm, column_mm = self.pixel_mm
        margins = self.margins or self._defined_margins(boxes)
        left, top, right, bottom = around(boxes.values())
        return Detection(
            LUMBAR,
            1.0,
            max(0.0, left - margins.front / column_mm),
            max(0.0, top - margins.above / row_mm),
            min(float(width), right + margins.behind / column_mm),
            min(float(height), bottom + margins.below / row_mm),
        )

    def _defined_margins(self, boxes: Mapping[int, Detection]) -> Margins:
        rows = [(box.y0 + box.y1) / 2 for _, box in sorted(boxes.items())]
        return Margins(above=float(np.median(-np.diff(rows))) * (HIGHEST_LEVEL - max(boxes)) * self.pixel_mm[0])


def disc_box(points: Points, pixel_mm: PixelMm) -> Detection:
    """The box of the disc with the outline ``points`` (n, 2) of x, y in pixel edges; it may reach past the picture."""
    margin = np.array([BOX_MARGIN_MM / pixel_mm[1], BOX_MARGIN_MM / pixel_mm[0]])
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    return Detection(DISC_CLASS, 1.0, float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def around(boxes: Iterable[Detection]) -> tuple[float, float, float, float]:
    """Edges x0, y0, x1, y1 of the upright box around ``boxes``, at least one."""
    edges = np.array([(box.x0, box.y0, box.x1, box.y1) for box in boxes])
    left, top = edges[:, :2].min(axis=0)
    right, bottom = edges[:, 2:].max(axis=0)
    return float(left), float(top), float(right), float(bottom)


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
