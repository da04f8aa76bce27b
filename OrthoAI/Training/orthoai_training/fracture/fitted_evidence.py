"""What a body's vote, and its loss of height, are worth, fitted to cases with known fractures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.models.calibration import logit
from orthoai.spine.genant import Heights
from orthoai.spine.measured import measured
from orthoai.spine.worst_first import LIKELY
from orthoai.tasks.fracture.engines import LIKELY_KEY
from orthoai.tasks.fracture.evidence import BOTH, VOTE, Evidence, WithHeight
from orthoai.tasks.fracture.vote import Bodies, VotedBody, voted

from orthoai_training.fracture.planes_of_case import PlanesOfCase
from orthoai_training.fracture.scores import NOTHING, Counts
from orthoai_training.train.calibration import LEAST_ANSWERS, FittedCalibration, fit_logistic

LIKELY_STEPS = tuple(round(0.05 * step, 2) for step in range(2, 17))


@dataclass(frozen=True)
class FittedEvidence:
    """What a body's vote is worth.

    Attributes:
        calibration: from the mean probability in a body to the chance that it is fractured.
        with_height: the same from that and the measured loss of height; None for too few answers.
        likely: probability from which on a body is called fractured.
        bodies: whose heights it was fitted to.
    """

    calibration: FittedCalibration
    with_height: WithHeight | None
    likely: float = LIKELY
    bodies: int = 0

    @property
    def settings(self) -> dict[str, Any]:
        """What the task reads from the card (orthoai.tasks.fracture.evidence)."""
        both = {} if self.with_height is None else {BOTH: asdict(self.with_height)}
        return {VOTE: self.calibration.to_json(), LIKELY_KEY: self.likely, **both}

    @classmethod
    def from_card(cls, settings: Mapping[str, Any]) -> FittedEvidence | None:
        """From a network's :attr:`settings`; None where it has none that were fitted to heights."""
        if VOTE not in settings or BOTH not in settings:
            return None
        likely = float(settings.get(LIKELY_KEY, LIKELY))
        return cls(FittedCalibration.from_card(settings[VOTE]), WithHeight(**settings[BOTH]), likely)


@dataclass(frozen=True)
class JudgedBody:
    """One body: its vote, its loss of height or None, its voxels, and whether it is fractured in truth."""

    vote: float
    loss: float | None
    voxels: int
    is_fractured: bool


def fitted_evidence(cases: Iterable[PlanesOfCase], weights: NDArray[np.float64], threshold: float) -> FittedEvidence:
    """What the votes in ``cases`` are worth, and from which probability on bodies are best called fractured.

    Args:
        threshold: marks the parts that take the place of bodies where no network tells those.
    """
    judged = [judged_bodies(case, weights, threshold) for case in cases]
    bodies = [body for case in judged for body in case]
    calibration = FittedCalibration.fitted([body.vote for body in bodies], [body.is_fractured for body in bodies])
    known = [(body.vote, body.loss, body.is_fractured) for body in bodies if body.loss is not None]
    fitted = FittedEvidence(calibration, fit_with_height(known), bodies=len(known))
    if fitted.with_height is None:
        return fitted
    return replace(fitted, likely=best_likely(judged, Evidence.from_card(fitted.settings)))


def judged_bodies(case: PlanesOfCase, weights: NDArray[np.float64], threshold: float) -> list[JudgedBody]:
    """All bodies of ``case``, measured against those that are sound in truth."""
    fused = case.fused(weights)
    bodies = [voted(body, fused) for body in Bodies.of(fused, case.stack.grid, threshold).parts.bodies]

    def broken(ordered: Sequence[VotedBody], heights: Sequence[Heights | None]) -> list[bool]:
        return [case.is_fractured(body) for body in ordered]

    return [
        JudgedBody(
            each.body.score,
            None if each.grading is None else each.grading.loss,
            int(np.count_nonzero(each.body.mask)),
            case.is_fractured(each.body),
        )
        for each in measured(bodies, case.stack, broken)
    ]


def best_likely(cases: Sequence[Sequence[JudgedBody]], evidence: Evidence) -> float:
    """The probability from which on bodies are to be called fractured for the best mean Dice of the cases that have a
    fracture; of equal ones the nearest to one half.
    """

    def dice(bodies: Sequence[JudgedBody], likely: float) -> float:
        counts = NOTHING
        for body in bodies:
            called = evidence(body.vote, body.loss) >= likely
            true, found = body.voxels * body.is_fractured, body.voxels * called
            counts += Counts(min(true, found), true, found)
        return counts.dice or 0.0

    fractured = [bodies for bodies in cases if any(body.is_fractured for body in bodies)]
    if not fractured:
        return LIKELY
    return max(
        LIKELY_STEPS,
        key=lambda likely: (round(sum(dice(bodies, likely) for bodies in fractured), 6), -abs(likely - LIKELY)),
    )


def fit_with_height(judged: Sequence[tuple[float, float, bool]]) -> WithHeight | None:
    """By maximum likelihood on (vote, loss of height, right); None for fewer than LEAST_ANSWERS."""
    if len(judged) < LEAST_ANSWERS:
        return None
    scores, losses, right = (np.array(values, np.float64) for values in zip(*judged, strict=True))
    x = logit(scores)
    found = fit_logistic(np.stack([x, np.ones_like(x), np.maximum(losses, 0)], 1), right, np.array([1.0, 0.0, 0.0]))
    return WithHeight(*found.tolist())
