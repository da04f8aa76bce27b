"""Rotation in a plane. In space it is scipy's ``Rotation``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def turn_2d(radians: float) -> NDArray[np.float64]:
    """The 2x2 matrix that turns points (x, y) from x toward y."""
    return np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
