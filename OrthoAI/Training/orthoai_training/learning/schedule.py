"""How far a run is, by steps or by the clock, and the learning rate that goes with it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

FINAL_RATE = 0.01
"""Share of the learning rate that is left at the end."""

SMOOTHING = 0.95
"""Share of the former value in a reported training loss."""

Clock = Callable[[], float]


@dataclass
class Budget:
    """A number of steps and, optionally, of minutes; the run ends with whichever is used up first.

    Attributes:
        steps: at most.
        minutes: of the whole run, earlier sittings included; None for no limit.
        before_s: seconds used in earlier sittings.
        reserve_s: kept back for the last validation; the trainer sets it once it knows what one costs.
        clock: seconds that grow; tests hand in their own.
    """

    steps: int
    minutes: float | None = None
    before_s: float = 0.0
    reserve_s: float = 0.0
    clock: Clock = time.monotonic

    def __post_init__(self) -> None:
        self._start = self.clock()

    @property
    def elapsed_s(self) -> float:
        """Seconds used so far, earlier sittings included."""
        return self.before_s + self.clock() - self._start

    def fraction(self, step: int) -> float:
        """Share of the budget used after ``step`` steps, 0..1."""
        used = step / max(1, self.steps)
        if self.minutes is not None:
            used = max(used, self.elapsed_s / max(1e-9, self.minutes * 60 - self.reserve_s))
        return min(1.0, used)

    def is_spent(self, step: int) -> bool:
        """Whether the run must end after ``step`` steps."""
        return self.fraction(step) >= 1.0


def learning_rate(base: float, fraction: float, step: int, warmup_steps: int) -> float:
    """Cosine from ``base`` to 1 % of it over ``fraction`` 0..1, after a linear warmup."""
    cosine = FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * fraction))
    warm = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    return base * cosine * warm


def smoothed(before: float | None, loss: float) -> float:
    """The training loss to report after ``loss``, from the one reported before.

    Example:
        >>> smoothed(None, 2.0), round(smoothed(2.0, 1.0), 2)
        (2.0, 1.95)
    """
    return loss if before is None else SMOOTHING * before + (1 - SMOOTHING) * loss
