"""Analytic vertebral bodies with known heights, drawn on a grid."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from orthoai.geometry import Geometry
from orthoai.spine.genant import Heights
from orthoai.spine.stack import PLANES

DEPTH, WIDTH = 34.0, 42.0


def turned(lean: float, side: float = 0.0) -> np.ndarray:
    """Axes (left, posterior, cranial as columns) of a body that leans forward and to the left, in degrees."""
    a, b = np.radians([lean, side])
    forward = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    left = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    return left @ forward


def sagittal_grid(pixel_mm: float, slice_mm: float = 3.0, center: tuple[float, float, float] = (0, 0, 0)) -> Geometry:
    """Sagittal slices around ``center``, with a shift of a part of a voxel."""
    count, slices = round(56 / pixel_mm), round(54 / slice_mm)
    origin = np.asarray(center) + np.array([-25.8, -27.9, 27.7])
    return Geometry((slices, count, count), (pixel_mm, pixel_mm, slice_mm), tuple(origin), PLANES["sagittal"])


def draw(
    heights: Heights,
    grid: Geometry,
    axes: np.ndarray | None = None,
    center: tuple[float, float, float] = (0.0, 0.0, 0.0),
    fine: int = 1,
    extra: Callable[[np.ndarray], np.ndarray] | None = None,
    rim_mm: float = 0.0,
) -> np.ndarray:
    """Share of each voxel (K, J, I) inside a body with ``heights`` at 10, 50 and 90 % of its depth.

    Both endplates run through the anterior, middle and posterior height in a parabola, so the middle one is a dish.
    ``fine`` points along each axis of a voxel; ``extra`` adds points of the body's frame (..., 3), such as a spur.
    ``rim_mm`` is the radius by which the endplates round off toward both walls.
    """
    axes = np.eye(3) if axes is None else axes
    curve = np.polyfit([-0.4 * DEPTH, 0.0, 0.4 * DEPTH], np.asarray(heights) / 2, 2)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")[::-1], axis=-1)
    total = np.zeros(grid.shape, np.float32)
    steps = (np.arange(fine) + 0.5) / fine - 0.5
    for shift in product(steps, repeat=3):
        local = (grid.index_to_lps(index + np.array(shift)) - np.asarray(center)) @ axes
        x, y, z = np.moveaxis(local, -1, 0)
        toward_wall = np.clip(np.abs(y) - (DEPTH / 2 - rim_mm), 0, rim_mm)
        rounded = rim_mm - np.sqrt(rim_mm**2 - toward_wall**2)
        inside = (np.abs(z) < np.polyval(curve, y) - rounded) & (np.abs(y) < DEPTH / 2) & (np.abs(x) < WIDTH / 2)
        total += inside if extra is None else inside | extra(local)
    return total / fine**3
