"""Average precision against figures worked out by hand."""

from __future__ import annotations

import pytest
from orthoai_training.evaluate.average_precision import (
    COCO_THRESHOLDS,
    Candidate,
    LabelBoxes,
    mean_average_precision,
)


def boxes(*pairs: tuple[float, float], truths: int) -> LabelBoxes:
    return LabelBoxes([Candidate(score, iou) for score, iou in pairs], truths)


def test_all_right_is_one():
    assert boxes((0.9, 0.8), (0.4, 0.9), truths=2).average_precision(0.5) == 1


def test_a_wrong_box_of_the_highest_score_costs_precision_everywhere():
    # Precision 0, 1/2, 2/3 at recall 0, 1/2, 1; the envelope is 2/3.
    assert boxes((0.9, 0.1), (0.8, 0.9), (0.7, 0.9), truths=2).average_precision(0.5) == pytest.approx(2 / 3)


def test_a_wrong_box_of_the_lowest_score_costs_nothing():
    assert boxes((0.2, 0.1), (0.8, 0.9), (0.7, 0.9), truths=2).average_precision(0.5) == 1


def test_a_missed_femur_costs_its_recall():
    assert boxes((0.9, 0.9), truths=4).average_precision(0.5) == pytest.approx(1 / 4)


def test_the_envelope_is_taken_between_right_boxes():
    # Right, wrong, right, of 2: recall 1/2 at precision 1, then recall 1 at precision 2/3.
    mixed = boxes((0.9, 0.9), (0.8, 0.0), (0.7, 0.9), truths=2)
    assert mixed.average_precision(0.5) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_the_threshold_itself_counts_as_right():
    one = boxes((0.9, 0.5), truths=1)
    assert one.average_precision(0.5) == 1
    assert one.average_precision(0.55) == 0


def test_labels_that_are_nowhere_do_not_count_and_false_ones_count_zero():
    nowhere, false = boxes(truths=0), boxes((0.9, 0.0), truths=0)
    right = boxes((0.9, 0.9), truths=1)
    assert nowhere.average_precision(0.5) is None
    assert mean_average_precision({"left": right, "right": nowhere}, (0.5,)) == 1
    assert mean_average_precision({"left": right, "right": false}, (0.5,)) == 0.5
    assert mean_average_precision({"left": nowhere}, (0.5,)) is None


def test_map_averages_the_coco_thresholds():
    assert COCO_THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
    # Right at 0.5, 0.55, 0.6, 0.65 and 0.7 of ten thresholds.
    assert mean_average_precision({"left": boxes((0.9, 0.72), truths=1)}, COCO_THRESHOLDS) == pytest.approx(0.5)
