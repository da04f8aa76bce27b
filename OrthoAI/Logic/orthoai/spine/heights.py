"""Anterior, middle and posterior height of a vertebral body from its mask, in the body's own frame.

Six-point morphometry (Genant et al. 1993): the caudo-cranial axis is the mean of the two endplates' normals, heights
are taken at 10, 50 and 90 % of the body's depth and averaged over its middle 10 mm from left to right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import ArrayLike, NDArray

from orthoai.geometry import Geometry
from orthoai.spine.body_frame import BodyFrame, Columns, columns_of
from orthoai.spine.endplates import SITES, Endplates
from orthoai.spine.genant import Heights
from orthoai.spine.spans import BAND_MM, Spans, spans_of

CORE = 0.1
"""Share of the depth at each end that says nothing of an endplate's slope."""

LATERAL_CORE = 0.7
"""Share of the width that shows an endplate's slope to the side."""

TURNS = 10
"""Rounds, at most, until the frame lies still."""

STILL_DEGREES = 0.1

MARGIN = 3
"""Empty voxels around the mask, so that its surface can be interpolated."""

SMOOTH_VOXELS, SMOOTH_UP_TO = 0.7, 2.0
"""Standard deviation of the smoothing of masks without partial volume, along axes whose voxels are no more than so many
times the finest."""


@dataclass(frozen=True, eq=False)
class BodyHeights:
    """Size and place of one body.

    Attributes:
        heights: mm.
        depth_mm: from front to back.
        center: LPS mm.
        up: LPS unit vector, the mean of the endplates' normals, cranial.
        segments: (3, 2, 3) LPS mm of the lower and the upper end of the anterior, middle and posterior height.
    """

    heights: Heights
    depth_mm: float
    center: tuple[float, float, float]
    up: tuple[float, float, float]
    segments: NDArray[np.float64]

    @property
    def anterior_ratio(self) -> float:
        """Anterior over posterior height; low in a wedge."""
        return self.heights.anterior / self.heights.posterior

    @property
    def middle_ratio(self) -> float:
        """Middle over posterior height; low in a biconcave body."""
        return self.heights.middle / self.heights.posterior


def measure_body(mask: NDArray, geometry: Geometry, up: ArrayLike = (0.0, 0.0, 1.0)) -> BodyHeights | None:
    """Heights of the body in ``mask``; None where it is too small, or no body at all.

    Args:
        mask: (K, J, I), bool, or the share 0..1 of each voxel that belongs to the body (its surface at 0.5).
        geometry: of ``mask``, in any axis order.
        up: LPS direction along the spine, cranial, within about 45 degrees of the body's own.
    """
    image = _image(mask, geometry)
    if image is None:
        return None
    frame = BodyFrame.upright(_center(mask, geometry), up)
    for _ in range(TURNS):
        columns = columns_of(image, frame)
        spans = spans_of(columns)
        if spans is None:
            return None
        turned = _turned(frame, columns, spans)
        angle = np.degrees(np.arccos(np.clip(frame.up @ turned.up, -1, 1)))
        frame = turned
        if angle < STILL_DEGREES:
            break
    columns = columns_of(image, frame)
    spans = spans_of(columns)
    if spans is None:
        return None
    plates = Endplates.of(columns)
    ends = np.array([plates.ends(spans, site) for site in SITES])
    anterior, middle, posterior = (float(upper - lower) for lower, upper in ends)
    if not np.isfinite(ends).all() or min(anterior, middle, posterior) <= 0:
        return None
    own = Heights(anterior, middle, posterior)
    places = np.array([[(0.0, spans.site(site), z) for z in pair] for site, pair in zip(SITES, ends, strict=True)])
    x, y, z = frame.center
    up_x, up_y, up_z = frame.up
    return BodyHeights(
        own,
        spans.depth,
        (float(x), float(y), float(z)),
        (float(up_x), float(up_y), float(up_z)),
        frame.center + places @ frame.axes.T,
    )


def _image(mask: NDArray, geometry: Geometry) -> sitk.Image | None:
    """The mask's own box and MARGIN voxels around it."""
    inside = np.asarray(mask) >= 0.5
    if not inside.any():
        return None
    spans = []
    for axis in (2, 1, 0):
        hits = np.flatnonzero(inside.any(axis=tuple(n for n in range(3) if n != axis)))
        spans.append((int(hits[0]), int(hits[-1]) + 1))
    (i0, i1), (j0, j1), (k0, k1) = spans
    # One voxel more than the mask, for partial volume, then nothing.
    low = [max(0, start - 1) for start in (k0, j0, i0)]
    part = np.asarray(mask[low[0] : k1 + 1, low[1] : j1 + 1, low[2] : i1 + 1], np.float32)
    image = sitk.GetImageFromArray(np.pad(part, MARGIN))
    image.SetSpacing(geometry.spacing)
    image.SetDirection(geometry.direction)
    start = geometry.index_to_lps([low[2] - MARGIN, low[1] - MARGIN, low[0] - MARGIN])
    image.SetOrigin([float(value) for value in start])
    if np.asarray(mask).dtype.kind == "f":
        return image
    finest = min(geometry.spacing)
    # Steps of pixels become slopes; thick slices are left as they are.
    sigmas = [SMOOTH_VOXELS if size < SMOOTH_UP_TO * finest else 0.0 for size in geometry.spacing]
    return sitk.DiscreteGaussian(image, [sigma**2 for sigma in sigmas], 9, 0.01, False)


def _center(mask: NDArray, geometry: Geometry) -> NDArray[np.float64]:
    places = np.argwhere(np.asarray(mask) >= 0.5)[:, ::-1]
    return geometry.index_to_lps(places.mean(axis=0))


def _turned(frame: BodyFrame, columns: Columns, spans: Spans) -> BodyFrame:
    """``frame`` with its axis along the mean of the endplates' normals, and its origin in the body's middle."""
    core = (columns.y > spans.site(CORE)) & (columns.y < spans.site(1 - CORE))
    sides = columns.x[columns.filled.any(axis=1)]
    x_middle = (sides.min() + sides.max()) / 2
    wide = np.abs(columns.x - x_middle) <= LATERAL_CORE * (sides.max() - sides.min()) / 2 + columns.step
    band = np.abs(columns.x) <= BAND_MM
    middle = np.array([x_middle, (spans.front + spans.back) / 2, 0.0])
    normals, levels = [], []
    for plate in (columns.upper, columns.lower):
        along, level = _slope(columns, plate, band[:, None] & core[None], 1)
        across, _ = _slope(columns, plate, wide[:, None] & core[None], 0)
        normal = np.array([-across, -along, 1.0])
        normals.append(normal / np.linalg.norm(normal))
        levels.append(level)
    middle[2] = np.mean(levels)
    return frame.turned(np.mean(normals, axis=0), middle)


def _slope(columns: Columns, plate: NDArray, where: NDArray, axis: int) -> tuple[float, float]:
    """(slope of ``plate`` along x (0) or y (1), mean z) over the filled columns ``where``; flat where there are few."""
    x, y = np.meshgrid(columns.x, columns.y, indexing="ij")
    used = where & columns.filled
    if np.count_nonzero(used) < 6:
        return 0.0, 0.0
    terms = np.stack([np.ones(np.count_nonzero(used)), x[used], y[used]], axis=1)
    found = np.linalg.lstsq(terms, plate[used], rcond=None)[0]
    return float(found[1 + axis]), float(plate[used].mean())
