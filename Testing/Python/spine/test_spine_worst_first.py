"""Which bodies are called fractured where one's loss of height depends on who else is."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.models.calibration import Calibration
from orthoai.spine.genant import Grading, Heights
from orthoai.spine.separate import SeparateBody
from orthoai.spine.worst_first import WorstFirst
from orthoai.tasks.fracture.evidence import Evidence, WithHeight
from orthoai.tasks.fracture.vote import VotedBody

EVIDENCE = Evidence(Calibration(1.0, 0.0), WithHeight(1.0, -0.5, 6.0))


def _sure(body: VotedBody, grading: Grading | None) -> float:
    return EVIDENCE(body.score, None if grading is None else grading.loss)


JUDGE = WorstFirst(_sure, 0.5)

LEVELS = (27.0, 26.5, 26.0, 25.0, 24.0, 23.0, 22.0)
"""Heights of sound bodies, from the lowest upward: each is a little lower than the one below."""


def _bodies(*scores: float) -> list[VotedBody]:
    mask = np.ones((1, 2, 2), bool)
    body = SeparateBody(1, (slice(0, 1), slice(0, 2), slice(0, 2)), mask, (0.5, 0.5, 0.0))
    return [VotedBody(body, score, 0.0, None) for score in scores]


def _heights(*factors: float) -> list[Heights]:
    return [Heights(height * by, height * by, height) for height, by in zip(LEVELS, factors, strict=True)]


def test_doubtful_sound_neighbors_are_each_others_measure() -> None:
    scores = (0.02, 0.02, 0.02, 0.95, 0.52, 0.52, 0.97)
    heights = _heights(1, 1, 1, 0.6, 1, 1, 0.65)
    assert JUDGE(_bodies(*scores), heights) == [False, False, False, True, False, False, True]


def test_the_same_votes_with_lost_height_are_fractures() -> None:
    scores = (0.02, 0.02, 0.02, 0.95, 0.52, 0.52, 0.97)
    heights = _heights(1, 1, 1, 0.6, 0.7, 0.7, 0.65)
    assert JUDGE(_bodies(*scores), heights) == [False, False, False, True, True, True, True]


def test_a_clear_vote_needs_no_heights_and_a_faint_one_stays_below() -> None:
    bodies = _bodies(0.9, 0.4, 0.1)
    assert JUDGE(bodies, [None, None, None]) == [True, False, False]
    assert JUDGE([], []) == []


@pytest.mark.parametrize("likely", [0.0, 1.1])
def test_any_limit_ends(likely: float) -> None:
    judge = WorstFirst(_sure, likely)
    assert judge(_bodies(0.9, 0.4), [None, None]) == [likely == 0.0] * 2
