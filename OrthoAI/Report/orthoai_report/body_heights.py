"""Where the three heights of a vertebral body run in a sagittal picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orthoai_report.planes import PlanePicture

SITES = {"anterior": 0.1, "middle": 0.5, "posterior": 0.9}
"""Share of the body's depth, from its front, at which each height is measured."""

HEIGHTS = tuple(f"{site}_height" for site in SITES)
"""What the measured heights are called."""

TURNS = 4
"""Rounds of turning the body's frame; the angle settles to a tenth of a degree."""

LEAST_PIXELS = 25
"""Of a body that has heights."""

Segment = tuple[tuple[float, float], tuple[float, float]]
"""Lower and upper end (x, y) in the mm of the picture."""


def part_at(mask: NDArray[np.bool_], picture: PlanePicture, point: tuple[float, float]) -> NDArray[np.bool_]:
    """The connected part of ``mask`` (rows, cols) nearest to ``point`` (x, y) in the mm of ``picture``."""
    import SimpleITK as sitk

    if not mask.any():
        return mask
    x, y = pixel_places(picture)
    rows, columns = np.nonzero(mask)
    nearest = int(np.argmin((x[columns] - point[0]) ** 2 + (y[rows] - point[1]) ** 2))
    parts = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8))))
    return parts == parts[rows[nearest], columns[nearest]]


def height_segments(body: NDArray[np.bool_], picture: PlanePicture) -> dict[str, Segment]:
    """The segments of SITES in ``body`` (rows, cols), a part of ``picture``; none where it is too small.

    They run along the mean of the normals of both endplates, each the line through the outermost pixels along the
    body's depth (six-point morphometry; Genant et al. 1993).
    """
    if body.sum() < LEAST_PIXELS:
        return {}
    x, y = pixel_places(picture)
    rows, columns = np.nonzero(body)
    points = np.stack([x[columns], y[rows]], axis=1)
    center, pixel = points.mean(axis=0), float(max(abs(x[1] - x[0]), abs(y[1] - y[0])))
    angle = 0.0
    for _ in range(TURNS):
        depth, height = _turned(points - center, angle)
        low, high = depth.min(), depth.max()
        middle = (depth > low + 0.1 * (high - low)) & (depth < high - 0.1 * (high - low))
        slopes = [_rim_slope(depth[middle], side * height[middle], pixel) * side for side in (-1, 1)]
        angle += float(np.mean(np.arctan(slopes)))
    depth, height = _turned(points - center, angle)
    low, high = depth.min() - pixel / 2, depth.max() + pixel / 2
    found = {}
    for site, share in SITES.items():
        at = low + share * (high - low)
        near = height[np.abs(depth - at) <= pixel]
        if near.size:
            ends = ((at, near.min() - pixel / 2), (at, near.max() + pixel / 2))
            lower, upper = (center + np.array(_turned(np.array([end]), -angle)).ravel() for end in ends)
            found[site] = ((float(lower[0]), float(lower[1])), (float(upper[0]), float(upper[1])))
    return found


def pixel_places(picture: PlanePicture) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x of each column's and y of each row's center, in mm."""
    left, right, bottom, top = picture.extent
    rows, columns = picture.labels.shape
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    return x, top + (np.arange(rows) + 0.5) * (bottom - top) / rows


def _turned(points: NDArray[np.float64], angle: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of ``points`` (N, 2) along axes that are turned by ``angle`` radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return points[:, 0] * cosine + points[:, 1] * sine, points[:, 1] * cosine - points[:, 0] * sine


def _rim_slope(depth: NDArray[np.float64], height: NDArray[np.float64], pixel: float) -> float:
    """Slope of the line through the highest place of each step along ``depth``."""
    if not depth.size:
        return 0.0
    steps = np.floor((depth - depth.min()) / pixel).astype(int)
    highest = np.full(steps.max() + 1, -np.inf)
    np.maximum.at(highest, steps, height)
    at = np.flatnonzero(np.isfinite(highest))
    return float(np.polyfit(at * pixel, highest[at], 1)[0]) if at.size > 2 else 0.0
