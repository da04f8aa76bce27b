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

NEIGHBOR_MM = 50.0
"""Centers of the tallest neighbors lie 40 mm apart, those of every second body mostly further than this."""

FARTHEST_MM = 80.0
"""From one body to the next of a spine, at most: one between them may have been missed."""

MOST_ASIDE, MOST_FORWARD = np.radians(28.0), np.radians(55.0)
"""Largest angles between a step along a spine and the way that it ran before, to the side and forward or backward. In
simulated spines they are 22 and 45 degrees; the hips and the sacrum's wings lie further to the side.
"""

MOST_LEAN = np.radians(45.0)
"""Where a spine bends to the side step after step, the way that it ran before lags behind: a step to a neighbor may
also lie within MOST_ASIDE of the step before it, and within this of upright. An S-shaped scoliosis with an excursion of
80 mm in 350 turns by 21 degrees a step and leans by 36."""

FARTHEST_AHEAD_MM = 160.0
FAR_ASIDE, FAR_FORWARD = np.radians(15.0), np.radians(35.0)
"""The same for a longer step, which leads past some that were missed, such as those between screws: what lies nearly
straight ahead is still the same spine.
"""

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


def one_spine(centers: ArrayLike, weights: Sequence[float]) -> list[int]:
    """Indices of those ``centers`` that lie on one line from body to body, from the lowest upward.

    Parts of hip bones, of the sacrum's wings and of ribs look like bodies at times, but lie beside the spine. Of all
    lines the heaviest is taken; what repeats a heavier body is on none, so that no line can lead past that one.

    Args:
        centers: (N, 3) LPS mm.
        weights: such as volumes.

    Example:
        >>> one_spine([(0, 0, 60), (0, 2, 0), (1, 0, 30), (90, 0, 10)], [5, 5, 9, 12])
        [1, 2, 0]
    """
    places = np.asarray(centers, np.float64).reshape(-1, 3)
    kept = along_spine(places, weights)
    alone = places[kept]
    lines = [
        [*_line(alone, start, -up)[::-1], start, *_line(alone, start, up)]
        for up in (np.array([0.0, 0.0, 1.0]), _leaning(alone))
        for start in range(len(kept))
    ]
    heaviest = max(lines, key=lambda line: sum(weights[kept[index]] for index in line), default=[])
    return [kept[index] for index in heaviest]


def _leaning(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector (3,) upward that leans to the side as most of the steps between neighbors do.

    A short piece of a scoliotic spine leans as a whole, and would begin no line that starts straight up.
    """
    steps = (places[None] - places[:, None]).reshape(-1, 3)
    lengths = np.linalg.norm(steps, axis=1)
    close = (lengths >= NEAREST_MM) & (lengths <= NEIGHBOR_MM) & (steps[:, 2] > 0)
    lean = float(np.median(_angles(steps[close], 1)[0])) if close.any() else 0.0
    return np.array([np.sin(lean), 0.0, np.cos(lean)])


def _line(places: NDArray[np.float64], start: int, ahead: NDArray[np.float64]) -> list[int]:
    """Indices of the bodies that follow ``start`` in the direction ``ahead``, each the nearest of those."""
    found: list[int] = []
    here, side, last = places[start], 1 if ahead[2] > 0 else -1, ahead
    while True:
        steps = places - here
        lengths = np.linalg.norm(steps, axis=1)
        aside, forward = np.abs(_angles(steps, side) - _angles(ahead[None], side))
        lean = _angles(steps, side)[0]
        turned = (np.abs(lean - _angles(last[None], side)[0]) <= MOST_ASIDE) & (np.abs(lean) <= MOST_LEAN)
        bends = (lengths <= NEIGHBOR_MM) & turned & (forward <= MOST_FORWARD)
        near = bends | ((lengths <= FARTHEST_MM) & (aside <= MOST_ASIDE) & (forward <= MOST_FORWARD))
        far = (lengths <= FARTHEST_AHEAD_MM) & (aside <= FAR_ASIDE) & (forward <= FAR_FORWARD)
        # A spine never turns back, so that every line ends.
        fits = (near | far) & (lengths >= NEAREST_MM) & (side * steps[:, 2] > 0)
        if not fits.any():
            return found
        index = int(np.argmin(np.where(fits, lengths, np.inf)))
        found.append(index)
        # The mean with the way before: single steps waver, and a line must not creep around a corner.
        last = steps[index] / lengths[index]
        here, ahead = places[index], (ahead + last) / np.linalg.norm(ahead + last)


def _angles(steps: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Of LPS vectors (N, 3) the angles (2, N) to the left and backward, in radians from upward (``side`` 1) or downward
    (-1).
    """
    x, y, z = steps.T
    return np.stack([np.arctan2(x, np.hypot(y, z)), np.arctan2(y, side * z)])


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
