"""Vertebral bodies in their order along the spine, whatever its curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

NEAREST_MM = 9.0
"""Centers nearer to each other belong to one body: neighbors lie 14 mm or more apart even where both are crushed."""

GAP = 1.7
"""A step longer than so many of the usual ones skips a vertebra."""

REACH = 2
"""Neighbors on each side that tell which way the spine runs at a body."""

UNNAMED = "level_not_named"
"""Flag: nothing in the image that is sure to be recognized, such as the sacrum, tells which vertebra this is."""


def along_spine(centers: ArrayLike, weights: Sequence[float]) -> list[int]:
    """Indices of ``centers`` from the lowest upward, without those that repeat a heavier one.

    A spine bends forward by at most some 70 degrees, so the height alone gives the order.

    Args:
        centers: (N, 3) LPS mm.
        weights: such as volumes; of two centers of one body the heavier is kept.

    Example:
        >>> along_spine([(0, 0, 60), (0, 2, 0), (1, 0, 30), (0, 0, 32)], [5, 5, 9, 1])
        [1, 2, 0]
    """
    places = np.asarray(centers, np.float64).reshape(-1, 3)
    kept: list[int] = []
    for index in np.argsort(-np.asarray(weights, np.float64), kind="stable"):
        if all(np.linalg.norm(places[index] - places[other]) >= NEAREST_MM for other in kept):
            kept.append(int(index))
    return sorted(kept, key=lambda index: float(places[index, 2]))


def directions(centers: ArrayLike) -> NDArray[np.float64]:
    """Cranial unit vectors (N, 3) along the spine at each of its ordered ``centers`` (N, 3), LPS.

    They run from the neighbors below to those above; upright for a lone body.
    """
    places = np.asarray(centers, np.float64).reshape(-1, 3)
    found = np.tile([0.0, 0.0, 1.0], (len(places), 1))
    for index in range(len(places)):
        low, high = max(0, index - REACH), min(len(places) - 1, index + REACH)
        step = places[high] - places[low]
        length = np.linalg.norm(step)
        if high > low and length > 0:
            found[index] = step / length
    return found


def gaps(centers: ArrayLike) -> list[bool]:
    """For each of the ordered ``centers`` (N, 3) whether a vertebra seems to be missing between it and the next."""
    places = np.asarray(centers, np.float64).reshape(-1, 3)
    if len(places) == 0:
        return []
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    if steps.size < 2:
        return [False] * len(places)
    return [*(bool(step > GAP * np.median(steps)) for step in steps), False]


def unnamed(count: int) -> list[str]:
    """Names for ``count`` bodies from the lowest upward where no level is known.

    Example:
        >>> unnamed(2)
        ['vertebra_1', 'vertebra_2']
    """
    return [f"vertebra_{number}" for number in range(1, count + 1)]
