"""A block of voxels."""

from __future__ import annotations

from numpy.typing import NDArray

Extent = tuple[int, int, int, int, int, int]
"""(i0, i1, j0, j1, k0, k1), half-open, in index space."""

EMPTY: Extent = (0, 0, 0, 0, 0, 0)


def toExtent(start: NDArray, stop: NDArray) -> Extent:
    """Start and stop (i, j, k) as an extent."""
    return int(start[0]), int(stop[0]), int(start[1]), int(stop[1]), int(start[2]), int(stop[2])
