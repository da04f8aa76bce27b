"""What a score is worth as a probability, as a model's card says it (Platt 1999)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

NEAREST = 1e-4
"""Scores are kept this far from 0 and 1, where their logit would be infinite."""


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(a * logit(score) + b); 1 and 0 leave a score as it is.

    Example:
        >>> round(Calibration()(0.8), 6)
        0.8
    """

    a: float = 1.0
    b: float = 0.0

    @overload
    def __call__(self, score: float) -> float: ...

    @overload
    def __call__(self, score: NDArray[np.float64]) -> NDArray[np.float64]: ...

    def __call__(self, score: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
        """The probability 0..1 that goes with ``score`` 0..1, or with each of an array of any shape."""
        found: NDArray[np.float64] = 1 / (1 + np.exp(-(self.a * logit(score) + self.b)))
        return found if isinstance(score, np.ndarray) else float(found)

    @classmethod
    def from_card(cls, entry: Any) -> Calibration:
        """From {"a": ..., "b": ...} of a card; the identity for anything else."""
        told = card_numbers(entry, ("a", "b"))
        return cls() if told is None else cls(*told)


def logit(scores: ArrayLike) -> NDArray[np.float64]:
    """Of ``scores`` 0..1 of any shape, finite also at 0 and 1."""
    kept = np.clip(np.asarray(scores, np.float64), NEAREST, 1 - NEAREST)
    return np.log(kept / (1 - kept))


def card_numbers(entry: Any, names: Sequence[str]) -> tuple[float, ...] | None:
    """The numbers ``names`` of a card's ``entry``, in their order; None where it lacks one of them."""
    if not isinstance(entry, dict):
        return None
    found: list[Any] = [entry.get(name) for name in names]
    return tuple(float(value) for value in found) if all(isinstance(value, int | float) for value in found) else None
