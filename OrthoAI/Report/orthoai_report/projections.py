"""The two projections that stage 1 looks at, with the places of its boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.progress import Progress

from orthoai_report.planes import AXIAL, CORONAL, Orientation
from orthoai_report.subject import Subject

if TYPE_CHECKING:
    from orthoai.drr.parallel import ParallelDrrs

SCALE_MM = (12.0, 60.0)
"""Shortest and longest path through bone that is drawn at 63 % of white."""

BRIGHT = 98.5
"""Percentile of the paths that decides between them: brighter ones are metal, or the shaft seen end on."""

MAX_PIXELS = 1200
"""Rows or columns of a projection picture at most."""


@dataclass(frozen=True)
class ProjectionPicture:
    """A projection ready to be drawn with row 0 at the top.

    Attributes:
        orientation: which way it is turned.
        gray: (rows, columns), 0..1.
        extent: left, right, bottom, top in mm along the two index axes.
        boxes: structure name, score, and (x0, y0, x1, y1) in the mm of ``extent``, x0 < x1 and y0 < y1.
    """

    orientation: Orientation
    gray: NDArray[np.float32]
    extent: tuple[float, float, float, float]
    boxes: tuple[tuple[str, float, tuple[float, float, float, float]], ...]


def projection_pictures(
    subject: Subject, progress: Progress | None = None, drrs: ParallelDrrs | None = None
) -> tuple[ProjectionPicture, ...]:
    """Coronal and axial projection of a CT; none for other images, whose sums along an axis mean nothing.

    The axial view covers the slices of the boxes, as in stage 1.

    Raises:
        Canceled: a cancel was asked for.
    """
    if subject.is_flat or not subject.is_ct:
        return ()
    if drrs is None:
        from orthoai.drr.parallel import parallel_drrs

        drrs = parallel_drrs(subject.volume, progress=progress)
    axial = drrs.axial
    if subject.boxes:
        axial = drrs.axial_between(
            min(box.index_min[2] for box in subject.boxes), max(box.index_max[2] for box in subject.boxes)
        )
    return _picture(subject, CORONAL, drrs.coronal), _picture(subject, AXIAL, axial)


def _picture(subject: Subject, orientation: Orientation, path_mm: NDArray[np.float32]) -> ProjectionPicture:
    """``path_mm``: (rows, columns) along (up, across) of the LPS-ordered grid, in index order."""
    step_y, step_x = (max(1, -(-size // MAX_PIXELS)) for size in path_mm.shape)
    gray = exposed(path_mm[::step_y, ::step_x])
    spacing = subject.geometry.spacing
    x, y = orientation.across, orientation.up
    rows, columns = gray.shape
    left, right = -0.5 * spacing[x], (columns * step_x - 0.5) * spacing[x]
    low, high = -0.5 * spacing[y], (rows * step_y - 0.5) * spacing[y]
    if orientation.grows_up:
        gray = gray[::-1]
        extent = (left, right, low, high)
    else:
        extent = (left, right, high, low)
    boxes = tuple((box.label, box.score, _edges(box, spacing, x, y)) for box in subject.boxes)
    return ProjectionPicture(orientation, gray, extent, boxes)


def exposed(path_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Path through bone in mm to gray 0..1, as film blackens."""
    bright = float(np.percentile(path_mm, BRIGHT)) if path_mm.size else 0.0
    scale = min(max(bright / 1.6, SCALE_MM[0]), SCALE_MM[1])
    return (1 - np.exp(-path_mm / scale)).astype(np.float32)


def _edges(box: Box, spacing: tuple[float, float, float], x: int, y: int) -> tuple[float, float, float, float]:
    return (
        box.index_min[x] * spacing[x],
        box.index_min[y] * spacing[y],
        box.index_max[x] * spacing[x],
        box.index_max[y] * spacing[y],
    )
