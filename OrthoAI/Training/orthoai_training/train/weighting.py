"""Weights of a weighted-average ensemble by grid search (Sayed et al. 2025, "Ensemble"), all candidates at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

STEPS = 10
"""Weights are multiples of 1 / STEPS, as in the paper."""

MOST_MEMBERS = 7
"""Of more members, the best by themselves are searched: 17 of them would have 5 million weightings, 7 have 8008."""

CHUNK_BYTES = 256 * 1024 * 1024
"""Memory for the averages of the candidates looked at together."""

Shares = NDArray[np.float32]

Scored = Callable[[Shares], NDArray[np.float64]]
"""Averages (candidates, N, classes) to a score each."""


@dataclass(frozen=True)
class Weighting:
    """The best weights (M,), which sum to 1, their score, and each member's own score (M,)."""

    weights: NDArray[np.float64]
    score: float
    member_scores: NDArray[np.float64]


def simplex_grid(members: int, steps: int = STEPS) -> NDArray[np.float64]:
    """Every weighting of ``members`` by multiples of 1 / ``steps`` that sums to 1: (candidates, members).

    Example:
        >>> simplex_grid(2, 2).tolist()
        [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    """
    # Stars and bars: the places of the bars among stars and bars say how many stars each member gets.
    bars = np.array(list(combinations(range(steps + members - 1), members - 1)), np.int64)
    bars = bars.reshape(len(bars), members - 1)
    ends = np.full((len(bars), 1), steps + members - 1)
    return (np.diff(bars, axis=1, prepend=-1, append=ends) - 1) / steps


def search_accuracy(shares: Shares, truth: NDArray[np.int64], steps: int = STEPS) -> Weighting:
    """The weights with the most right answers.

    Args:
        shares: (M, N, classes) probabilities of each member for each case.
        truth: (N,) class numbers.
    """

    def accuracy(averages: Shares) -> NDArray[np.float64]:
        return (averages.argmax(-1) == truth).mean(-1)

    return _search(shares, accuracy, steps)


def search_dice(shares: Shares, truth: NDArray[np.int64], steps: int = STEPS) -> Weighting:
    """The weights with the best mean Dice over the classes but 0.

    Args:
        shares: (M, N, classes) probabilities of each member for each pixel; a sample of the pixels will do.
        truth: (N,) class numbers.
    """
    classes = range(1, shares.shape[-1])

    def dice(averages: Shares) -> NDArray[np.float64]:
        found = averages.argmax(-1)
        right = np.stack([((found == name) & (truth == name)).sum(-1) for name in classes])
        total = np.stack([(found == name).sum(-1) + (truth == name).sum() for name in classes])
        return (2 * right / np.maximum(total, 1)).mean(0)

    return _search(shares, dice, steps)


def _search(shares: Shares, scored: Scored, steps: int) -> Weighting:
    own = scored(shares)
    chosen = np.sort(np.argsort(-own, kind="stable")[:MOST_MEMBERS])
    grid = simplex_grid(len(chosen), steps)
    flat = shares[chosen].reshape(len(chosen), -1)
    rows = max(1, CHUNK_BYTES // (4 * flat.shape[1]))
    scores = np.concatenate(
        [
            scored((part.astype(np.float32) @ flat).reshape(len(part), *shares.shape[1:]))
            for part in (grid[first : first + rows] for first in range(0, len(grid), rows))
        ]
    )
    # Of equally good weightings the most even one: it leans on no single member.
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    pick = best[np.argmin((grid[best] ** 2).sum(1))]
    weights = np.zeros(len(shares))
    weights[chosen] = grid[pick]
    return Weighting(weights, float(scores[pick]), own)
