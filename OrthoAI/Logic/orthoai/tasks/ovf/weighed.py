"""What the network's vote on the class of a body and its measured heights are worth together, as a model's card says.

The classes are defined by heights (Genant et al. 1993): a crush has lost height at the back, a wedge more in front than
in the middle, a biconcave body more in the middle. The network sees that, and a body's whole look, in a coarse picture;
heights are measured, with errors of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import exp, log
from typing import Any

from orthoai.models.calibration import card_numbers
from orthoai.spine.genant import BICONCAVE, CRUSH, GRADE_CUTS, NORMAL, WEDGE, Heights

CARD_KEY = "class_with_heights"
"""In the detector's settings."""

LEAST_SHARE = 1e-3
"""Shares of the vote are at least this, so that no vote outweighs every height."""

CRUSH_LOSS = 0.18
"""Between the posterior losses of crushes, 20 % and more, and those that wedges may have."""


@dataclass(frozen=True)
class Weighed:
    """Multinomial logistic regression of the class on vote and losses of height.

    Attributes:
        vote: factor on the logarithm of each class's share of the vote.
        crush: on the posterior loss beyond CRUSH_LOSS, for a crush.
        kind: on half of the anterior loss beyond the middle one, for a wedge and against a biconcave body.
        loss: on the largest loss beyond that of grade 1, against normal.
        crush_start, normal_start: added for these classes.
    """

    vote: float = 1.0
    crush: float = 0.0
    kind: float = 0.0
    loss: float = 0.0
    crush_start: float = 0.0
    normal_start: float = 0.0

    def __call__(self, shares: Mapping[str, float], lost: Heights) -> dict[str, float]:
        """Probability of each class.

        Args:
            shares: of the vote, by class.
            lost: share of the expected height that is missing at each site.
        """
        kind = self.kind * (lost.anterior - lost.middle) / 2
        heights = {
            CRUSH: self.crush * (lost.posterior - CRUSH_LOSS) + self.crush_start,
            WEDGE: kind,
            BICONCAVE: -kind,
            NORMAL: self.normal_start - self.loss * (max(lost) - GRADE_CUTS[0]),
        }
        scores = {name: self.vote * log(max(shares[name], LEAST_SHARE)) + more for name, more in heights.items()}
        highest = max(scores.values())
        odds = {name: exp(score - highest) for name, score in scores.items()}
        return {name: value / sum(odds.values()) for name, value in odds.items()}

    def to_json(self) -> dict[str, float]:
        """For the card."""
        return asdict(self)

    @classmethod
    def from_card(cls, entry: Any) -> Weighed | None:
        """From the card's entry; None for what is none."""
        told = card_numbers(entry, [field.name for field in fields(cls)])
        return None if told is None else cls(*told)
