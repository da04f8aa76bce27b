"""Slices through an LPS-ordered volume, turned as radiologists look at them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from orthoai.geometry import AXIS_LETTERS

from orthoai_report.profiles import LabelProfile
from orthoai_report.subject import Subject

MAX_PIXELS = 900
"""Rows or columns of a slice picture at most; finer slices are strided."""

MARGIN_MM = 40.0
"""Kept around the masks when a slice is cropped to them."""

SHALLOW = 1e-3
"""Off-axis part of a direction below which a grid counts as straight."""


@dataclass(frozen=True)
class Orientation:
    """How a slice across one patient axis is shown.

    Attributes:
        name: "axial", "coronal" or "sagittal".
        axis: the index axis (0 i, 1 j, 2 k) that the slice lies across.
        across: index axis that runs to the right of the picture.
        up: index axis drawn vertically.
        grows_up: whether that axis grows toward the top of the picture.
    """

    name: str
    axis: int
    across: int
    up: int
    grows_up: bool

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Patient directions at the left, right, top and bottom edge."""
        left, right = AXIS_LETTERS[self.across]
        low, high = AXIS_LETTERS[self.up]
        return (left, right, high, low) if self.grows_up else (left, right, low, high)


# Seen from the feet and from the front, so the patient's left is on the right; the third from the patient's left.
AXIAL = Orientation("axial", axis=2, across=0, up=1, grows_up=False)
CORONAL = Orientation("coronal", axis=1, across=0, up=2, grows_up=True)
SAGITTAL = Orientation("sagittal", axis=0, across=1, up=2, grows_up=True)
ORIENTATIONS = (SAGITTAL, CORONAL, AXIAL)
"""By the index axis that they lie across."""


@dataclass(frozen=True)
class PlanePicture:
    """One slice, ready to be drawn with row 0 at the top.

    Attributes:
        orientation: which way it is turned.
        gray: (rows, columns), 0..1 through the gray window.
        labels: (rows, columns) label values on the same pixels.
        extent: left, right, bottom, top in mm along the two index axes, so that pixels have their physical shape.
        place: where the slice lies, such as "S 12 mm".
    """

    orientation: Orientation
    gray: NDArray[np.float32]
    labels: NDArray[np.uint8]
    extent: tuple[float, float, float, float]
    place: str


def overview_planes(subject: Subject, tall: float, wide: float) -> list[PlanePicture]:
    """Coronal, axial and sagittal slices through most of the masks (one sagittal slice for each of two structures).

    Slices go through the middle of the volume when there is no mask. A femur's centroid would lie beside its bowed
    shaft, and the centroid of both between the legs; the slice with most mask always shows what is to be checked.

    Args:
        subject: input and masks.
        tall: height over width of the place for the coronal slice and for the sagittal slices together.
        wide: height over width of the place for the axial slice.
    """
    groups = [(profile,) for profile in subject.profiles] if len(subject.profiles) == 2 else [subject.profiles]
    # Right side first, as in every other picture.
    groups.sort(key=lambda group: group[0].bounds[0][0] if group else 0)
    wanted = [(CORONAL, subject.profiles, tall), (AXIAL, subject.profiles, wide)]
    wanted += [(SAGITTAL, group, tall * len(groups)) for group in groups]
    return [slice_picture(subject, o, fullest(subject, group, o), aspect) for o, group, aspect in wanted]


def flat_picture(subject: Subject) -> PlanePicture:
    """The whole of a volume that is one picture thick."""
    thin = int(np.argmin(subject.geometry.size))
    if subject.geometry.size[2] == 1:
        thin = 2
    return slice_picture(subject, ORIENTATIONS[thin], 0)


def slice_picture(subject: Subject, orientation: Orientation, index: int, aspect: float | None = None) -> PlanePicture:
    """Slice ``index`` across ``orientation.axis``.

    With an ``aspect`` (height over width of the place for it) it is cropped to the masks with a margin, and the crop
    is widened to that shape as far as the image goes. Without one the whole slice is shown.
    """
    spacing = subject.geometry.spacing
    spans = _spans(subject, orientation, aspect)
    selection: list[slice | int] = [slice(None)] * 3
    edges = {}
    for axis in (orientation.across, orientation.up):
        first, last = spans[axis]
        step = max(1, -(-(last - first) // MAX_PIXELS))
        selection[axis] = slice(first, last, step)
        count = -(-(last - first) // step)
        edges[axis] = ((first - 0.5) * spacing[axis], (first - 0.5 + count * step) * spacing[axis])
    selection[orientation.axis] = index
    # Arrays are (k, j, i): the vertical axis, j or k, comes before the horizontal one.
    chosen = tuple(reversed(selection))
    gray, labels = subject.volume.voxels[chosen], subject.labels[chosen]
    bottom, top = edges[orientation.up]
    if orientation.grows_up:
        gray, labels = gray[::-1], labels[::-1]
    else:
        bottom, top = top, bottom
    extent = (*edges[orientation.across], bottom, top)
    return PlanePicture(
        orientation, windowed(gray, subject.gray_window), labels, extent, _place(subject, orientation, index)
    )


def cut(picture: PlanePicture, area: tuple[float, float, float, float]) -> PlanePicture:
    """The part of ``picture`` in ``area`` (x0, y0, x1, y1 in mm), as far as there are pixels; one at least."""
    left, right, bottom, top = picture.extent
    rows, columns = picture.labels.shape
    x = (np.array(area[0::2]) - left) / (right - left) * columns
    y = np.sort((np.array(area[1::2]) - top) / (bottom - top) * rows)
    c0, r0 = (int(np.clip(np.floor(edge), 0, size - 1)) for edge, size in ((x[0], columns), (y[0], rows)))
    c1, r1 = (int(np.clip(np.ceil(e), low + 1, size)) for e, low, size in ((x[1], c0, columns), (y[1], r0, rows)))
    across, down = (right - left) / columns, (bottom - top) / rows
    extent = (left + c0 * across, left + c1 * across, top + r1 * down, top + r0 * down)
    return replace(picture, gray=picture.gray[r0:r1, c0:c1], labels=picture.labels[r0:r1, c0:c1], extent=extent)


def windowed(voxels: NDArray, window: tuple[float, float]) -> NDArray[np.float32]:
    """Voxels to gray 0..1; not-a-number is black."""
    low, high = window
    gray = (voxels.astype(np.float32) - low) / (high - low)
    return np.clip(np.nan_to_num(gray, nan=0.0), 0.0, 1.0)


def oblique_degrees(subject: Subject) -> float:
    """Largest angle in degrees between an index axis and the patient axis that it is shown as."""
    cosines = np.clip(np.abs(np.diag(subject.geometry.directions)), 0, 1)
    if cosines.min() > 1 - SHALLOW**2:
        return 0.0
    return float(np.degrees(np.arccos(cosines.min())))


def _spans(subject: Subject, orientation: Orientation, aspect: float | None) -> dict[int, tuple[int, int]]:
    """Indices to show along the two axes of a slice; see :func:`slice_picture`."""
    size, spacing = subject.geometry.size, subject.geometry.spacing
    x, y = orientation.across, orientation.up
    if aspect is None or not subject.profiles:
        return {axis: (0, size[axis]) for axis in (x, y)}
    edges = {}
    for axis in (x, y):
        first = min(profile.bounds[0][axis] for profile in subject.profiles) * spacing[axis] - MARGIN_MM
        last = max(profile.bounds[1][axis] for profile in subject.profiles) * spacing[axis] + MARGIN_MM
        edges[axis] = (first, last)
    width, height = (edges[axis][1] - edges[axis][0] for axis in (x, y))
    edges[x] = _widened(edges[x], max(width, height / aspect), size[x] * spacing[x])
    edges[y] = _widened(edges[y], max(height, width * aspect), size[y] * spacing[y])
    spans = {}
    for axis in (x, y):
        first, last = (edge / spacing[axis] for edge in edges[axis])
        spans[axis] = (max(0, int(np.floor(first))), min(size[axis], int(np.ceil(last))))
    return spans


def _widened(edges: tuple[float, float], length: float, limit: float) -> tuple[float, float]:
    """An interval of ``length`` around the middle of ``edges``, moved and then cut so that it stays in 0..limit."""
    first = sum(edges) / 2 - length / 2
    first = max(0.0, min(first, limit - length))
    return first, min(limit, first + length)


def fullest(subject: Subject, profiles: tuple[LabelProfile, ...], orientation: Orientation) -> int:
    """Index of the slice with most mask; among equals the middle one; the middle of the volume without a mask."""
    axis = orientation.axis
    if not profiles:
        return subject.geometry.size[axis] // 2
    counts = np.sum([profile.counts[axis] for profile in profiles], axis=0)
    best = np.flatnonzero(counts == counts.max())
    return int(best[best.size // 2])


def _place(subject: Subject, orientation: Orientation, index: int) -> str:
    """Position of a slice's center along its patient axis, as a letter and mm."""
    center = (np.asarray(subject.geometry.size) - 1) / 2
    center[orientation.axis] = index
    position = float(subject.geometry.index_to_lps(center)[orientation.axis])
    return f"{AXIS_LETTERS[orientation.axis][position >= 0]} {abs(position):.0f} mm"
