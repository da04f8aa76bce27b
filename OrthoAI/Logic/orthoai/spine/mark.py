"""Numbered bodies of the working grid on the input's own, with surfaces that have no steps of working voxels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from orthoai.spine.stack import BACK_PLANES, Stack


def marked(
    numbers: NDArray[np.uint8],
    shares: NDArray[np.float32],
    threshold: float,
    stack: Stack,
    check: Callable[[], None],
) -> NDArray[np.uint8]:
    """uint8 (K, J, I): the nearest of ``numbers`` where the shares, interpolated, reach ``threshold``, else 0.

    Args:
        numbers: (S, H, W), of the body that each working voxel belongs to, somewhat beyond its surface.
        shares: (S, H, W), 0 where there is no number.
        check: called between chunks; may raise Canceled.
    """
    found = stack.back(numbers)
    for first, last in chunks(len(found)):
        check()
        found[first:last] *= stack.back_planes(shares, first, last) >= threshold
    return found


def chunks(count: int) -> Iterator[tuple[int, int]]:
    """(first, last) of the planes that are worked on at once."""
    for first in range(0, count, BACK_PLANES):
        yield first, min(first + BACK_PLANES, count)
