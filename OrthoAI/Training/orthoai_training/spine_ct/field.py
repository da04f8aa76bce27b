"""What a simulated spine CT covers, and the grids that it is painted and kept on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from orthoai.geometry import Geometry
from scipy.spatial.transform import Rotation

from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.person import Person

MOST_VOXELS = (220, 220, 300)
"""Along i, j and k for the fields around the spine; a spacing that is drawn grows where more would be needed."""

THIN_MM = 1.7
"""Slices are painted at most so far apart, and averaged."""

CUT_MM = 4.0
"""So much at least the border cuts off the vertebrae beyond those that are shown."""

BARE_MM = 3.0
"""The field ends so close to the last vertebra where none is known beyond."""


@dataclass(frozen=True)
class Field:
    """Box of the scan around the shown vertebrae, LPS mm, and its voxels."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    pixel_mm: float
    slice_mm: float
    thin: int

    def geometry(self, tilt: np.ndarray) -> Geometry:
        """The grid that is painted, its axes turned by ``tilt`` (3x3) about the box's center."""
        low, high = np.asarray(self.low), np.asarray(self.high)
        spacing = (self.pixel_mm, self.pixel_mm, self.slice_mm / self.thin)
        size = np.maximum(8, np.round((high - low) / (self.pixel_mm, self.pixel_mm, self.slice_mm))).astype(int)
        shape = (int(size[2]) * self.thin, int(size[1]), int(size[0]))
        middle = (low + high) / 2
        origin = middle - tilt @ ((np.array([size[0], size[1], shape[0]]) - 1) / 2 * spacing)
        return Geometry(
            shape,
            spacing,
            (float(origin[0]), float(origin[1]), float(origin[2])),
            tuple(float(v) for v in tilt.ravel()),
        )


def draw_field(person: Person, rng: np.random.Generator, options: SpineOptions) -> Field:
    """A field that shows the vertebrae ``person.shown`` whole, and no other."""
    first, last = person.shown
    shown = person.vertebrae[first : last + 1]
    corners = np.concatenate([v.corners for v in shown])
    low, high = corners.min(axis=0), corners.max(axis=0)
    # The border cuts the neighbors somewhere, but shows none of them whole: they are no part of the known classes.
    low[2] = max(low[2] - float(rng.uniform(2, 22)), _nearest(person, last + 1, low[2], 1.0))
    high[2] = min(high[2] + float(rng.uniform(2, 18)), _nearest(person, first - 1, high[2], -1.0))
    if options.field == "torso":
        low[:2] -= (140, 170)
        high[:2] += (140, 110)
    else:
        low[:2] -= rng.uniform((25, 12), (60, 70))
        high[:2] += rng.uniform((25, 55), (60, 95))
    slice_mm = float(rng.uniform(*options.slice_mm))
    if options.thick_mm is not None and rng.random() < 0.25:
        slice_mm = float(rng.uniform(*options.thick_mm))
    pixel = float(rng.uniform(*options.pixel_mm))
    if options.field != "torso":
        least = (high - low) / MOST_VOXELS
        pixel = max(pixel, least[0], least[1]) if _is_drawn(options.pixel_mm) else pixel
        slice_mm = max(slice_mm, least[2]) if _is_drawn(options.slice_mm) else slice_mm
    thin = 2 * int(np.ceil((slice_mm / THIN_MM - 1) / 2 - 1e-9)) + 1 if slice_mm > THIN_MM else 1
    return Field((low[0], low[1], low[2]), (high[0], high[1], high[2]), pixel, slice_mm, thin)


def _is_drawn(sizes_mm: tuple[float, float]) -> bool:
    return sizes_mm[0] < sizes_mm[1]


def _nearest(person: Person, index: int, border: float, inward: float) -> float:
    """How far up or down the field may reach beyond ``border`` without a whole vertebra ``index``, LPS z in mm."""
    if index >= person.sacrum:
        return border - 60.0 if index < len(person.vertebrae) else border - BARE_MM
    if index < 0:
        return border + BARE_MM
    reach = person.vertebrae[index].corners[:, 2]
    return float((reach.min() if inward > 0 else reach.max()) + inward * CUT_MM)


def draw_tilt(rng: np.random.Generator, most: float) -> np.ndarray:
    """3x3 axes of a scan, turned by up to ``most`` degrees about each."""
    return Rotation.from_euler("XYZ", rng.uniform(-most, most, 3), degrees=True).as_matrix()


def thick_slices(painted: Geometry, thin: int) -> Geometry:
    """The grid of the finished slices, each centered in its ``thin`` painted ones."""
    start = painted.index_to_lps([0, 0, (thin - 1) / 2])
    return replace(
        painted,
        shape=(painted.shape[0] // thin, *painted.shape[1:]),
        spacing=(painted.spacing[0], painted.spacing[1], painted.spacing[2] * thin),
        origin=(float(start[0]), float(start[1]), float(start[2])),
    )
