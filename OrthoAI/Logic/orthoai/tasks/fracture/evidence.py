"""What the network's vote and the measured loss of height are worth together, as a model's card says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Any

from orthoai.models.calibration import Calibration, card_numbers, logit

VOTE, BOTH = "calibration", "calibration_with_height"
"""Keys of the card's settings."""


@dataclass(frozen=True)
class WithHeight:
    """probability = sigmoid(a * logit(vote) + b + c * loss), the loss of height as a share, 0 where there is none."""

    a: float
    b: float
    c: float

    def __call__(self, vote: float, loss: float) -> float:
        """The probability 0..1 that goes with ``vote`` 0..1 and ``loss``."""
        return 1 / (1 + exp(-(self.a * float(logit(vote)) + self.b + self.c * max(loss, 0.0))))


@dataclass(frozen=True)
class Evidence:
    """From the mean probability in a body, and its loss of height, to the probability of its fracture.

    A fracture is a loss of height (Genant et al. 1993): one that the network suspects and nobody can measure is less
    likely one. On its own a loss says little, since mimics and thick slices have it, too.

    Attributes:
        vote: of the mean probability alone. both: with the loss; None where the card has none.
    """

    vote: Calibration = field(default_factory=Calibration)
    both: WithHeight | None = None

    def __call__(self, vote: float, loss: float | None) -> float:
        """The probability 0..1; ``loss`` is None where heights or neighbors cannot be measured."""
        if self.both is None or loss is None:
            return self.vote(vote)
        return self.both(vote, loss)

    @classmethod
    def from_card(cls, settings: Mapping[str, Any]) -> Evidence:
        """From a network's settings; what they lack leaves the vote as it is."""
        told = card_numbers(settings.get(BOTH), "abc")
        return cls(Calibration.from_card(settings.get(VOTE)), None if told is None else WithHeight(*told))
