"""What a score is worth: the share of right answers among those of that score (Platt scaling; Platt 1999)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from orthoai.models.calibration import Calibration, logit

LEAST_ANSWERS = 20
"""Fewer say nothing about a score's worth."""

RIDGE = 1e-2
"""Pull toward the start, a = 1 and b = 0, so that separable answers give finite numbers."""

STEPS = 50


@dataclass(frozen=True)
class FittedCalibration:
    """A calibration, and what it was fitted on.

    Attributes:
        formula: what a run reads of it from the card.
        answers: that it was fitted on.
        error_before, error_after: expected calibration error in ten bins of equal width.
    """

    formula: Calibration = field(default_factory=Calibration)
    answers: int = 0
    error_before: float | None = None
    error_after: float | None = None

    @classmethod
    def fitted(cls, scores: Sequence[float], right: Sequence[bool]) -> FittedCalibration:
        """By maximum likelihood on answers with their ``scores``; the identity for fewer than LEAST_ANSWERS."""
        if len(scores) < LEAST_ANSWERS:
            return cls(answers=len(scores))
        p, y = np.asarray(scores, np.float64), np.asarray(right, np.float64)
        x = logit(p)
        a, b = fit_logistic(np.stack([x, np.ones_like(x)], axis=1), y, np.array([1.0, 0.0]))
        made = Calibration(float(a), float(b))
        return cls(made, len(p), calibration_error(p, y), calibration_error(made(p), y))

    @classmethod
    def from_card(cls, entry: Mapping[str, Any]) -> FittedCalibration:
        """From :meth:`to_json`."""
        report = {name: value for name, value in entry.items() if name not in ("a", "b")}
        return cls(Calibration.from_card(entry), **report)

    def to_json(self) -> dict[str, float | int | None]:
        """For the model's card."""
        report = {name: value for name, value in vars(self).items() if name != "formula"}
        return {**asdict(self.formula), **report}


def calibration_error(probabilities: ArrayLike, right: ArrayLike, bins: int = 10) -> float:
    """Expected calibration error: mean over answers of |probability - share that is right|, by bins (Guo et al. 2017).

    Example:
        >>> calibration_error([0.9, 0.9], [1, 0])
        0.4
    """
    p, y = np.asarray(probabilities, np.float64), np.asarray(right, np.float64)
    place = np.minimum((p * bins).astype(int), bins - 1)
    total = 0.0
    for number in np.unique(place):
        here = place == number
        total += abs(float(p[here].mean() - y[here].mean())) * float(here.sum())
    return round(total / len(p), 12)


def fit_logistic(
    design: NDArray[np.float64], right: NDArray[np.float64], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Coefficients (terms,) of the logistic regression of ``right`` (N,), 0 or 1, on ``design`` (N, terms)."""
    found = start.copy()
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-design @ found))
        gradient = design.T @ (p - right) + RIDGE * (found - start)
        curvature = design.T @ (design * (p * (1 - p))[:, None]) + RIDGE * np.eye(len(start))
        # Half steps at most 1 long: far from the optimum Newton's step overshoots.
        step = np.linalg.solve(curvature, gradient)
        found -= step * min(1.0, 1.0 / max(np.abs(step).max(), 1e-9))
    return found
