"""How a run steps: how far, how fast, and when no step helps anymore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orthoai_training.learning.schedule import learning_rate


class Paced(Protocol):
    """What every recipe says of its steps; see :class:`Pace`."""

    @property
    def learning_rate(self) -> float: ...

    @property
    def warmup_steps(self) -> int: ...

    @property
    def gradient_clip(self) -> float: ...

    @property
    def ema_decay(self) -> float: ...


@dataclass(frozen=True)
class Pace:
    """How a run steps.

    Attributes:
        steps: at most; minutes: of training in all, earlier sittings included; None for no limit.
        validate_every: steps from one validation to the next.
        learning_rate, warmup_steps: see :func:`schedule.learning_rate`; without ``cosine`` the rate stays.
        plateau_factor: on the rate after each validation without a new best.
        early_stop: validations without a new best that end the run; 0 for never.
        gradient_clip: largest norm of a step; 0 for no limit.
        ema_decay: of the averaged weights.
    """

    steps: int
    minutes: float | None
    validate_every: int
    learning_rate: float
    warmup_steps: int = 0
    cosine: bool = True
    plateau_factor: float = 1.0
    early_stop: int = 0
    gradient_clip: float = 0.0
    ema_decay: float = 0.999

    @classmethod
    def of(cls, recipe: Paced, steps: int, minutes: float | None, validate_every: int) -> Pace:
        """As ``recipe`` says."""
        return cls(
            steps,
            minutes,
            validate_every,
            recipe.learning_rate,
            recipe.warmup_steps,
            gradient_clip=recipe.gradient_clip,
            ema_decay=recipe.ema_decay,
        )

    def rate(self, step: int, fraction: float, dices: Sequence[float]) -> float:
        """The learning rate of the step after ``step`` others, when ``fraction`` 0..1 of the budget is used.

        Args:
            dices: of the validations so far.
        """
        rate = learning_rate(self.learning_rate, fraction if self.cosine else 0.0, step, self.warmup_steps)
        return rate * plateau(dices, self.plateau_factor)

    def has_stalled(self, steps: int) -> bool:
        """Whether ``steps`` since the best validation are too many."""
        return 0 < self.early_stop * self.validate_every <= steps


def plateau(dices: Sequence[float], factor: float) -> float:
    """Share of the learning rate after validations with ``dices``: times ``factor`` for each without a new best.

    Example:
        >>> plateau([0.1, 0.3, 0.2, 0.4], 0.5)
        0.5
    """
    best, share = -1.0, 1.0
    for dice in dices:
        if dice <= best:
            share *= factor
        best = max(best, dice)
    return share
