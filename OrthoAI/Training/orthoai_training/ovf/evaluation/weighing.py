"""Fits what the network's vote and the measured heights are worth together (``orthoai.tasks.ovf.weighed``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.models.calibration import NEAREST
from orthoai.result import Result
from orthoai.spine.genant import NORMAL, Heights, gradings
from orthoai.tasks.ovf.pipeline import Spine
from orthoai.tasks.ovf.weighed import Weighed
from scipy.optimize import minimize

from orthoai_training.ovf.evaluation.vertebrae import covering, vertebrae_in
from orthoai_training.spine_ct.case import SpineCase
from orthoai_training.train.calibration import LEAST_ANSWERS

EXPECTED = Weighed(vote=1.0, crush=10.0, kind=10.0, loss=10.0)
RIDGE = 0.005
"""Pull toward EXPECTED, so that separable answers give finite numbers."""


@dataclass(frozen=True)
class ClassAnswer:
    """Shares of the vote on a body, what height it lost against truly sound neighbors, and what it truly is."""

    shares: Mapping[str, float]
    lost: Heights
    label: str


def class_answers(case: SpineCase, result: Result, spine: Spine | None) -> list[ClassAnswer]:
    """One for each whole vertebra of ``case`` that was found and whose loss of height can be measured."""
    found = vertebrae_in(result)
    if spine is None or found is None:
        return []
    numbers = {covering(case, found, truth): truth for truth in case.vertebrae}
    truths = [numbers.get(number) for number in range(1, len(spine.bodies) + 1)]
    broken = [
        body.body.is_fractured if truth is None else truth.label != NORMAL
        for body, truth in zip(spine.bodies, truths, strict=True)
    ]
    heights = [body.heights for body in spine.bodies]
    return [
        ClassAnswer(body.body.vote.shares, grading.losses, truth.label)
        for body, truth, grading in zip(spine.bodies, truths, gradings(heights, broken), strict=True)
        if truth is not None and truth.whole and grading is not None
    ]


def fit_weighed(answers: Sequence[ClassAnswer]) -> Weighed | None:
    """By maximum likelihood; None for fewer than LEAST_ANSWERS."""
    if len(answers) < LEAST_ANSWERS:
        return None
    start = np.array(list(EXPECTED.to_json().values()))

    def cost(values: NDArray[np.float64]) -> float:
        weighed = Weighed(*values.tolist())
        surprise = [-np.log(max(weighed(each.shares, each.lost)[each.label], NEAREST)) for each in answers]
        return float(np.sum(surprise) + RIDGE * np.sum((values - start) ** 2))

    # Without gradients: few numbers, and a floor in the shares.
    found = minimize(cost, start, method="Nelder-Mead", options={"maxiter": 2000, "xatol": 0.01, "fatol": 0.01})
    return Weighed(*found.x.tolist())
