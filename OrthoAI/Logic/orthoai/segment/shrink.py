"""What of a mask lies deep inside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def shrunk(mask: NDArray[np.bool_], reach: Sequence[int]) -> NDArray[np.bool_]:
    """The voxels of ``mask`` around which all are in it, as far as ``reach``; beyond the array's edge all are.

    Args:
        mask: of any number of axes.
        reach: voxels to either side along each of them; what is looked at is a box, corners included.
    """
    inside = np.pad(mask, [(n, n) for n in reach], constant_values=True)
    for axis, n in enumerate(reach):
        rows = np.moveaxis(inside, axis, 0)
        size = len(rows) - 2 * n
        kept = rows[:size].copy()
        for step in range(1, 2 * n + 1):
            kept &= rows[step : step + size]
        inside = np.moveaxis(kept, 0, axis)
    return inside
