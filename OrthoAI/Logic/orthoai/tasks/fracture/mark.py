"""The called bodies as numbers on the input's own grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from orthoai.spine.stack import BACK_PLANES, Stack
from orthoai.tasks.fracture.vote import Bodies, VotedBody


def marked(called: Sequence[VotedBody], bodies: Bodies, stack: Stack, check: Callable[[], None]) -> NDArray[np.uint8]:
    """uint8 (K, J, I): 1 and up in the order of ``called``, else 0.

    The surface is where the probability, interpolated between working voxels, reaches its threshold; so it has no
    steps of theirs.

    Args:
        check: called between chunks; may raise Canceled.
    """
    names = np.zeros(256, np.uint8)
    for number, each in enumerate(called, start=1):
        names[each.body.number] = number
    own = names[bodies.parts.basins]
    numbers = stack.back(own)
    probability = np.where(own > 0, bodies.probability, np.float32(0))
    for first, last in _chunks(len(numbers)):
        check()
        numbers[first:last] *= stack.back_planes(probability, first, last) >= bodies.threshold
    return numbers


def attention(fracture: NDArray[np.float32], stack: Stack, check: Callable[[], None]) -> NDArray[np.uint8]:
    """The weighed probability (S, H, W) as 0..255 on the input's own grid (K, J, I)."""
    found = np.zeros(stack.source.shape, np.uint8)
    for first, last in _chunks(len(found)):
        check()
        found[first:last] = np.rint(255 * np.clip(stack.back_planes(fracture, first, last), 0, 1))
    return found


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    """(first, last) of the planes that are worked on at once."""
    for first in range(0, count, BACK_PLANES):
        yield first, min(first + BACK_PLANES, count)
