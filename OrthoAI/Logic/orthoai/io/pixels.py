"""The smallest of the usual value types that holds an image exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

KEPT_TYPES = ("int8", "uint8", "int16")
"""Types that are already small."""

INT16_MIN, INT16_MAX = -32768, 32767


def compact(voxels: NDArray) -> NDArray:
    """``voxels`` as int16 where that is exact, else as float32.

    int8, uint8 and int16 come back unchanged, without a copy. Others (uint16, int32, float32, float64 ...) become
    int16 when every value is a whole number in its range, as in most CT files of those types: half the memory or
    less for everything that follows. The rest becomes float32. Works slice by slice: no further full-size copy.
    """
    if voxels.dtype.name in KEPT_TYPES:
        return voxels
    whole = np.empty(voxels.shape, np.int16)
    for k in range(len(voxels)):
        # Not NaN, infinite or out of range: every comparison with NaN is False.
        if not (voxels[k].min() >= INT16_MIN and voxels[k].max() <= INT16_MAX):
            break
        whole[k] = voxels[k]
        if voxels.dtype.kind == "f" and not np.array_equal(whole[k], voxels[k]):
            break
    else:
        return whole
    return voxels.astype(np.float32, copy=False)
