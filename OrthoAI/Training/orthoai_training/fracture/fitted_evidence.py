"""What a body's vote, and its loss of height, are worth, fitted to cases with known fractures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.spine.genant import Heights
from orthoai.spine.measured import measured
from orthoai.tasks.fracture.evidence import BOTH, VOTE, WithHeight
from orthoai.tasks.fracture.vote import Bodies, VotedBody, score, voted

from orthoai_training.fracture.planes_of_case import PlanesOfCase
from orthoai_training.ovf.calibration import LEAST_ANSWERS, Calibration, fit_logistic, logit


@dataclass(frozen=True)
class FittedEvidence:
    """What a body's vote is worth.

    Attributes:
        calibration: from the mean probability in a body to the chance that it is fractured.
        with_height: the same from that and the measured loss of height; None for too few answers.
        bodies: whose heights it was fitted to.
    """

    calibration: Calibration
    with_height: WithHeight | None
    bodies: int = 0

    @property
    def settings(self) -> dict[str, Any]:
        """What the task reads from the card (orthoai.tasks.fracture.evidence)."""
        both = {} if self.with_height is None else {BOTH: asdict(self.with_height)}
        return {VOTE: self.calibration.to_json(), **both}


def fitted_evidence(cases: Iterable[PlanesOfCase], weights: NDArray[np.float64], threshold: float) -> FittedEvidence:
    """What the votes in ``cases`` are worth.

    Args:
        threshold: marks the parts that take the place of bodies where no network tells those.
    """
    scores: list[float] = []
    right: list[bool] = []
    judged: list[tuple[float, float, bool]] = []
    for case in cases:
        fused = case.fused(weights)
        bodies = Bodies.of(fused, case.stack.grid, threshold).parts.bodies
        scores += [score(body, fused) for body in bodies]
        right += [case.is_fractured(body) for body in bodies]
        judged += measured_votes(case, [voted(body, fused) for body in bodies])
    return FittedEvidence(Calibration.fitted(scores, right), fit_with_height(judged), len(judged))


def measured_votes(case: PlanesOfCase, bodies: Sequence[VotedBody]) -> list[tuple[float, float, bool]]:
    """(vote, loss of height, whether it is fractured in truth) of each body whose loss can be measured, against those
    that are sound in truth.
    """

    def broken(ordered: Sequence[VotedBody], heights: Sequence[Heights | None]) -> list[bool]:
        return [case.is_fractured(body) for body in ordered]

    return [
        (each.body.score, each.grading.loss, case.is_fractured(each.body))
        for each in measured(bodies, case.stack, broken)
        if each.grading is not None
    ]


def fit_with_height(judged: Sequence[tuple[float, float, bool]]) -> WithHeight | None:
    """By maximum likelihood on (vote, loss of height, right); None for fewer than LEAST_ANSWERS."""
    if len(judged) < LEAST_ANSWERS:
        return None
    scores, losses, right = (np.array(values, np.float64) for values in zip(*judged, strict=True))
    x = logit(scores)
    found = fit_logistic(np.stack([x, np.ones_like(x), np.maximum(losses, 0)], 1), right, np.array([1.0, 0.0, 0.0]))
    return WithHeight(*found.tolist())
