"""Hounsfield units to gray values: the bone window in which every network of the spine sees its pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BONE_WINDOW = (-200.0, 1000.0)
"""HU shown as black and as white: fat keeps apart from marrow, and dense cortex from metal hardly at all."""


def windowed(hu: NDArray, window: tuple[float, float] = BONE_WINDOW) -> NDArray[np.uint8]:
    """``hu`` of any shape as gray values 0..255 of the same shape, linear between the ends of ``window``.

    Example:
        >>> windowed(np.array([-1000.0, -200.0, 400.0, 1000.0, 3000.0])).tolist()
        [0, 0, 128, 255, 255]
    """
    low, high = window
    gray = np.asarray(hu, np.float32) - np.float32(low)
    gray *= np.float32(255 / (high - low))
    np.clip(gray, 0, 255, out=gray)
    gray += np.float32(0.5)
    return gray.astype(np.uint8)


BONE_GRAY = int(windowed(np.array([180.0]))[0])
"""Gray value of trabecular bone: cortex and dense marrow are brighter."""

LEAST_BONE_MM2 = 100.0
"""Of bone that a tile must hold to be looked at."""


def holds_bone(pixels: NDArray[np.uint8], pixel_mm: float) -> bool:
    """Whether a tile of square pixels shows enough bone for a network to look at it."""
    return bool(np.count_nonzero(pixels > BONE_GRAY) * pixel_mm**2 >= LEAST_BONE_MM2)
