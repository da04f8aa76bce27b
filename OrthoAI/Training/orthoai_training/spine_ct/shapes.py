"""Signed distances in numpy, first order: mm, negative inside; points as three float32 fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
Point = Sequence[float]


def capsule(x: Field, y: Field, z: Field, start: Point, end: Point, radii: tuple[float, float]) -> Field:
    """Distance to a rod with round ends whose radius goes from the first to the second of ``radii``."""
    a = np.asarray(start, np.float32)
    axis = np.asarray(end, np.float32) - a
    px, py, pz = x - a[0], y - a[1], z - a[2]
    along = np.clip((px * axis[0] + py * axis[1] + pz * axis[2]) / max(float(axis @ axis), 1e-6), 0, 1)
    away = np.sqrt((px - along * axis[0]) ** 2 + (py - along * axis[1]) ** 2 + (pz - along * axis[2]) ** 2)
    distance: Field = away - (radii[0] + (radii[1] - radii[0]) * along)
    return distance


def ellipsoid(x: Field, y: Field, z: Field, center: Point, radii: Point) -> Field:
    """Distance to an ellipsoid with axes along x, y and z."""
    u, v, w = ((p - c) / r for p, c, r in zip((x, y, z), center, radii, strict=True))
    length = np.sqrt(u**2 + v**2 + w**2)
    slope = np.sqrt((u / radii[0]) ** 2 + (v / radii[1]) ** 2 + (w / radii[2]) ** 2)
    distance: Field = length * (length - 1) / np.maximum(slope, 1e-6)
    return distance


def union(first: Field, second: Field, blend: float = 2.0) -> Field:
    """Union whose crease is rounded over ``blend`` mm."""
    h = np.clip(0.5 + 0.5 * (second - first) / blend, 0, 1)
    joined: Field = second + (first - second) * h - blend * h * (1 - h)
    return joined
