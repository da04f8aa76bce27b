"""How sure a mean over few subjects is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
SEED = 0


@dataclass(frozen=True)
class Summary:
    """Of one figure over subjects.

    Attributes:
        count: subjects for which it is defined.
        mean, low, high: the mean and its 95 % confidence interval by percentile bootstrap over subjects (10,000
            resamples, fixed seed). The interval is None for a single subject.
        median, smallest, largest: over subjects.
    """

    count: int
    mean: float
    low: float | None
    high: float | None
    median: float
    smallest: float
    largest: float

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Summary | None:
        """Of the defined values; None when there is none."""
        known = np.array([value for value in values if value is not None], np.float64)
        if not known.size:
            return None
        low = high = None
        if known.size > 1:
            picks = np.random.default_rng(SEED).integers(0, known.size, (RESAMPLES, known.size))
            low, high = (float(v) for v in np.quantile(known[picks].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
        return cls(
            int(known.size),
            float(known.mean()),
            low,
            high,
            float(np.median(known)),
            float(known.min()),
            float(known.max()),
        )
