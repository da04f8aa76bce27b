"""The called bodies, and where the networks looked, on the input's own grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from orthoai.spine.mark import chunks, marked
from orthoai.spine.stack import Stack
from orthoai.tasks.fracture.vote import Bodies, VotedBody


def marked_bodies(
    called: Sequence[VotedBody], bodies: Bodies, stack: Stack, check: Callable[[], None]
) -> NDArray[np.uint8]:
    """uint8 (K, J, I): 1 and up in the order of ``called``, else 0.

    Args:
        check: called between chunks; may raise Canceled.
    """
    names = np.zeros(256, np.uint8)
    for number, each in enumerate(called, start=1):
        names[each.body.number] = number
    own = names[bodies.parts.basins]
    return marked(own, np.where(own > 0, bodies.probability, np.float32(0)), bodies.threshold, stack, check)


def attention(fracture: NDArray[np.float32], stack: Stack, check: Callable[[], None]) -> NDArray[np.uint8]:
    """The weighed probability (S, H, W) as 0..255 on the input's own grid (K, J, I)."""
    found = np.zeros(stack.source.shape, np.uint8)
    for first, last in chunks(len(found)):
        check()
        found[first:last] = np.rint(255 * np.clip(stack.back_planes(fracture, first, last), 0, 1))
    return found
