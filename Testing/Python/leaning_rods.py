"""Labels of two rods that stand for femora."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Radii = tuple[float, float]


def leaning_rods(shape: tuple[int, int, int], left: Radii, right: Radii) -> NDArray[np.uint8]:
    """(K, J, I): 1 (left) lies at larger i, leans forward and is the shorter one; radii (i, j) as shares of half the
    field."""
    k, j, i = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    labels = np.zeros(shape, np.uint8)
    labels[(np.hypot((i - 0.5 - 0.1 * k) / left[0], (j - 0.4 * k) / left[1]) < 1) & (np.abs(k) < 0.6)] = 1
    labels[(np.hypot((i + 0.5) / right[0], (j + 0.3 * k) / right[1]) < 1) & (np.abs(k - 0.1) < 0.8)] = 2
    return labels
