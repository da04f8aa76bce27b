"""What vote and heights are worth together, fitted to vertebrae whose class is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from orthoai.spine.genant import Heights, classify
from orthoai.spine.heights import BodyHeights
from orthoai.tasks.ovf.labels import CLASSES, NORMAL
from orthoai.tasks.ovf.pipeline import Spine
from orthoai_training.ovf.evaluation.weighing import ClassAnswer, class_answers, fit_weighed
from orthoai_training.ovf.scenes import case_scene
from ovf_blocks import BODIES, blocks_case
from test_ovf_evaluation import result_on, seen


def _answers(count: int, rng: np.random.Generator) -> list[ClassAnswer]:
    """Of classes that follow from heights, measured with small errors, and of a network that is right in 7 of 10."""
    answers = []
    for _ in range(count):
        true = Heights(*rng.uniform(0, 0.4, 3).tolist())
        label = classify(true)[0]
        guess = label if rng.random() < 0.7 else str(rng.choice(CLASSES))
        shares = {name: 0.6 if name == guess else 0.4 / 3 for name in CLASSES}
        measured = Heights(*(loss + float(rng.normal(0, 0.01)) for loss in true))
        answers.append(ClassAnswer(shares, measured, label))
    return answers


def test_fitted_weights_are_more_often_right_than_the_vote_on_other_vertebrae() -> None:
    rng = np.random.default_rng(1)
    weighed = fit_weighed(_answers(200, rng))
    assert weighed is not None and min(weighed.vote, weighed.kind, weighed.loss) > 0
    others = _answers(200, rng)
    vote = np.mean([max(each.shares, key=lambda name: each.shares[name]) == each.label for each in others])
    both = [weighed(each.shares, each.lost) for each in others]
    right = np.mean(
        [max(told, key=lambda name: told[name]) == each.label for told, each in zip(both, others, strict=True)]
    )
    assert right > vote + 0.05


def test_too_few_vertebrae_fit_nothing() -> None:
    assert fit_weighed(_answers(5, np.random.default_rng(0))) is None


def test_answers_are_of_whole_vertebrae_with_their_losses_against_sound_ones() -> None:
    case = blocks_case()
    spine = seen(case_scene(case))
    result = result_on(case, [], {})
    assert class_answers(case, result, None) == []
    # The lowest of the case's bodies has the first number.
    order = sorted(BODIES, reverse=True)
    result = replace(result, extras=(replace(result.extras[0], voxels=_numbered(case.bodies, order)),))
    sized = [replace(body, size=_size(number)) for number, body in zip(order, spine.bodies, strict=True)]
    found = class_answers(case, result, Spine(spine.stack, spine.seen, tuple(sized), spine.labels, spine.told))
    truths = {truth.id: truth for truth in case.vertebrae if truth.whole}
    assert sorted(each.label for each in found) == sorted(truth.label for truth in truths.values())
    for each in found:
        assert (max(each.lost) > 0.2) == (each.label != NORMAL)


def _size(number: int) -> BodyHeights:
    low, high = BODIES[number]
    height = float(high - low)
    return BodyHeights(Heights(height, height, height), 30.0, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0))


def _numbered(bodies: np.ndarray, order: list[int]) -> np.ndarray:
    table = np.zeros(256, np.uint8)
    for place, number in enumerate(order, start=1):
        table[number] = place
    return table[bodies]
