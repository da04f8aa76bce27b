"""What can be measured of a disc in its mid-sagittal slice: heights, brightness, bulge, and the canal behind it.

Everything is measured in the disc's own axes, in mm from its center: u along its length, growing to the back, v across
it, growing upward. A thickness is an area over a width, so that it is finer than a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.tasks.disc.picture import PixelMm

Mask = NDArray[np.bool_]
Points = NDArray[np.float64]

BAND_CENTERS = (1 / 6, 1 / 2, 5 / 6)
"""Where the anterior, middle and posterior height are taken, as shares of the disc's length: the middles of thirds."""

BAND_WIDTH = 1 / 6
"""Length of disc, as a share, over which a height is averaged."""

LEAST_AREA_MM2 = 60.0
"""A smaller mask is no disc that can be measured; collapsed lumbar discs still have 100."""

CORNER_MM = 6.0
"""An endplate's posterior corner is looked for this near to the disc: osteophytes and the rounded rim lie within."""

RIM_SHARE = 1 / 6
"""Of the disc's height, at its lower surface: where its own rim is, which stands in for a missing endplate."""

INNER_SHARE = 0.5
"""Of the disc's length, around its middle: the nucleus, whose signal Pfirrmann's grades go by."""

FLUID_PERCENTILE = 75.0
"""Of the canal's values near the disc: the fluid between the nerve roots."""

FLUID_REACH_MM = 20.0
"""Of the canal above and below the disc from which the fluid's value is taken."""

CANAL_REACH_MM = 15.0
"""Of the canal above and below the disc from which its direction is taken."""

CANAL_BAND_MM = 6.0
"""Length of canal over which its depth is averaged."""

LEAST_CANAL_POINTS = 20

FOREMOST_POINTS = 3
"""Outermost pixels whose mean is an outermost point: one pixel alone may be noise."""


@dataclass(frozen=True)
class DiscMeasures:
    """Of one disc; None where the masks do not show it.

    Attributes:
        anterior_mm, middle_mm, posterior_mm: heights.
        depth_mm: length from front to back.
        height_index: mean of the heights over the mean height of the neighboring vertebral bodies (Akeda et al. 2006),
            without those that the field of view cuts.
        signal_ratio: mean of the inner half over the canal's fluid, in the image's own values.
        bulge_mm: how far the disc reaches behind the line between the posterior corners of the endplates; negative
            when it stays before it.
        canal_mm: anteroposterior diameter of the canal at the disc, across the canal.
        one_endplate: whether the lower corner is the disc's own rim, since no vertebra (the sacrum) is marked below.
    """

    anterior_mm: float
    middle_mm: float
    posterior_mm: float
    depth_mm: float
    height_index: float | None
    signal_ratio: float | None
    bulge_mm: float | None
    canal_mm: float | None
    one_endplate: bool = False


@dataclass(frozen=True)
class Axes:
    """A disc's own axes.

    Attributes:
        center: (row, column) in mm.
        back, up: unit vectors (row, column).
        pixel_mm: (row, column).
    """

    center: Points
    back: Points
    up: Points
    pixel_mm: PixelMm

    @classmethod
    def of(cls, disc: Mask, pixel_mm: PixelMm) -> Axes:
        """The principal axes of a mask that is not empty."""
        points = np.argwhere(disc) * np.asarray(pixel_mm)
        center = points.mean(axis=0)
        back = np.linalg.eigh(np.cov((points - center).T))[1][:, -1]
        back = back if back[1] >= 0 else -back
        return cls(center, back, np.array([-back[1], back[0]]), pixel_mm)

    @property
    def pixel_area(self) -> float:
        """Square millimeters."""
        return self.pixel_mm[0] * self.pixel_mm[1]

    @property
    def pixel_reach(self) -> float:
        """Half of a pixel's extent along ``back``: from its center to its edge."""
        return float(np.abs(self.back) @ np.asarray(self.pixel_mm)) / 2

    def places(self, mask: Mask) -> tuple[Points, Points]:
        """(u, v) in mm of each true pixel, in the order of np.argwhere."""
        offsets = np.argwhere(mask) * np.asarray(self.pixel_mm) - self.center
        return offsets @ self.back, offsets @ self.up


def is_marked(disc: Mask, pixel_mm: PixelMm) -> bool:
    """Whether a disc's mask (H, W) is large enough to be measured."""
    return bool(np.count_nonzero(disc) * pixel_mm[0] * pixel_mm[1] >= LEAST_AREA_MM2)


def measure_disc(
    disc: Mask, above: Mask, below: Mask, canal: Mask, pixels: NDArray, pixel_mm: PixelMm
) -> DiscMeasures | None:
    """Measures of one disc in one slice; None for a mask too small to be measured.

    Args:
        disc: (H, W), rows caudal, columns posterior.
        above, below: the neighboring vertebrae, each alone; empty where there is none.
        canal: the spinal canal.
        pixels: the slice in the image's own values.
        pixel_mm: (row, column).
    """
    if not is_marked(disc, pixel_mm):
        return None
    axes = Axes.of(disc, pixel_mm)
    u, v = axes.places(disc)
    front, back = float(u.min()) - axes.pixel_reach, float(u.max()) + axes.pixel_reach
    heights = _thicknesses(u, front, back, axes)
    bodies = [
        _thicknesses(axes.places(body)[0], front, back, axes).mean()
        for body in (above, below)
        if body.any() and not _is_cut(body, front, back, axes)
    ]
    lowest, highest = float(np.percentile(v, 2)), float(np.percentile(v, 98))
    upper = _corner(above, axes, highest - CORNER_MM / 2, highest + CORNER_MM, back)
    lower = _corner(below, axes, lowest - CORNER_MM, lowest + CORNER_MM / 2, back)
    rim = _corner(disc, axes, lowest, lowest + RIM_SHARE * (highest - lowest), back) if lower is None else lower
    return DiscMeasures(
        anterior_mm=float(heights[0]),
        middle_mm=float(heights[1]),
        posterior_mm=float(heights[2]),
        depth_mm=back - front,
        height_index=float(heights.mean() / np.mean(bodies)) if bodies and min(bodies) > 0 else None,
        signal_ratio=_signal_ratio(disc, canal, pixels, axes, (front, back)),
        bulge_mm=None if upper is None or rim is None else _behind(np.stack([u, v], axis=1), upper, rim),
        canal_mm=_canal_depth(canal, axes),
        one_endplate=lower is None,
    )


def _thicknesses(u: Points, front: float, back: float, axes: Axes) -> Points:
    """Mean thickness in mm across u in the three bands of front..back, of pixels at ``u``."""
    length = back - front
    found = []
    for center in BAND_CENTERS:
        middle, half = front + center * length, BAND_WIDTH * length / 2
        # A pixel counts by the share of it that lies in the band.
        share = np.clip((half + axes.pixel_reach - np.abs(u - middle)) / (2 * axes.pixel_reach), 0, 1)
        found.append(float(share.sum()) * axes.pixel_area / (2 * half))
    return np.array(found)


def _is_cut(body: Mask, front: float, back: float, axes: Axes) -> bool:
    """Whether ``body`` reaches the edge of the slice within u front..back, so that its height is not all in view."""
    edge = np.ones(body.shape, bool)
    edge[1:-1, 1:-1] = False
    u, _ = axes.places(body & edge)
    return bool(((u >= front) & (u <= back)).any())


def _corner(mask: Mask, axes: Axes, low: float, high: float, back: float) -> Points | None:
    """The most posterior point (u, v) of ``mask`` between v ``low`` and ``high`` and not far behind the disc."""
    u, v = axes.places(mask)
    near = (v >= low) & (v <= high) & (u <= back + CORNER_MM) & (u >= 0)
    if np.count_nonzero(near) < FOREMOST_POINTS:
        return None
    points = np.stack([u[near], v[near]], axis=1)
    return points[np.argsort(-points[:, 0])[:FOREMOST_POINTS]].mean(axis=0)


def _behind(points: Points, upper: Points, lower: Points) -> float:
    """How far the outermost of ``points`` (n, 2) lie behind the line through both corners, in mm."""
    along = upper - lower
    length = float(np.hypot(*along))
    if length == 0:
        return 0.0
    normal = np.array([along[1], -along[0]]) / length
    normal = normal if normal[0] >= 0 else -normal
    distances = np.sort((points - lower) @ normal)
    return float(distances[-FOREMOST_POINTS:].mean())


def _signal_ratio(disc: Mask, canal: Mask, pixels: NDArray, axes: Axes, span: tuple[float, float]) -> float | None:
    u, _ = axes.places(disc)
    _, v = axes.places(canal)
    fluid_pixels = pixels[canal][np.abs(v) <= FLUID_REACH_MM]
    middle, half = sum(span) / 2, INNER_SHARE * (span[1] - span[0]) / 2
    inner = pixels[disc][np.abs(u - middle) <= half]
    if min(fluid_pixels.size, inner.size) < LEAST_CANAL_POINTS:
        return None
    fluid = float(np.percentile(fluid_pixels, FLUID_PERCENTILE))
    return float(inner.mean()) / fluid if fluid > 0 else None


def _canal_depth(canal: Mask, axes: Axes) -> float | None:
    """Area over length of the stretch of canal beside the disc, taken across the canal's own direction."""
    u, v = axes.places(canal)
    near = (np.abs(v) <= CANAL_REACH_MM) & (u > 0)
    if np.count_nonzero(near) < LEAST_CANAL_POINTS:
        return None
    points = np.stack([u[near], v[near]], axis=1)
    center = points[np.abs(points[:, 1]) <= CANAL_BAND_MM]
    if len(center) < LEAST_CANAL_POINTS:
        return None
    along = np.linalg.eigh(np.cov((points - points.mean(axis=0)).T))[1][:, -1]
    places = (points - center.mean(axis=0)) @ along
    # As in _thicknesses: a pixel counts by the share of it that lies in the band.
    reach = float(np.mean(axes.pixel_mm)) / 2
    share = np.clip((CANAL_BAND_MM / 2 + reach - np.abs(places)) / (2 * reach), 0, 1)
    return float(share.sum()) * axes.pixel_area / CANAL_BAND_MM
