"""Non-maximum suppression on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.detect.detector import Detection
from orthoai.detect.nms import non_maximum_suppression

A, NEAR_A, FAR = [0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]
IOU_OF_A_AND_NEAR_A = 90 / 110


def _keep(
    boxes: list[list[int]], scores: list[float], classes: list[int], limit: float = 0.7, **more: int
) -> list[int]:
    return non_maximum_suppression(np.array(boxes), np.array(scores), np.array(classes), limit, **more).tolist()


def test_the_weaker_of_two_overlapping_boxes_of_one_class_goes() -> None:
    assert _keep([A, NEAR_A, FAR], [0.6, 0.9, 0.7], [0, 0, 0]) == [1, 2]


def test_boxes_of_different_classes_do_not_drop_each_other() -> None:
    assert _keep([A, NEAR_A], [0.6, 0.9], [0, 1]) == [1, 0]


def test_an_overlap_just_at_the_limit_is_kept_and_just_above_it_goes() -> None:
    assert _keep([A, NEAR_A], [0.9, 0.8], [0, 0], IOU_OF_A_AND_NEAR_A + 1e-9) == [0, 1]
    assert _keep([A, NEAR_A], [0.9, 0.8], [0, 0], IOU_OF_A_AND_NEAR_A - 1e-9) == [0]


def test_the_overlap_counts_both_sides_of_a_box() -> None:
    wide, beside = [0, 0, 40, 10], [20, 0, 60, 10]
    below = [0, 30, 40, 40]
    assert _keep([wide, beside], [0.9, 0.8], [0, 0], 0.32) == [0]
    assert _keep([wide, beside], [0.9, 0.8], [0, 0], 0.34) == [0, 1]
    assert _keep([wide, below], [0.9, 0.8], [0, 0], 0.01) == [0, 1]


def test_a_dropped_box_drops_nothing_itself() -> None:
    chain = [[0, 0, 10, 10], [2, 0, 12, 10], [4, 0, 14, 10]]
    # Neighbors overlap by 80/120, the ends by 60/140.
    assert _keep(chain, [0.9, 0.8, 0.7], [0, 0, 0], 0.6) == [0, 2]


def test_no_more_boxes_than_asked_for() -> None:
    assert _keep([A, FAR, [20, 20, 30, 30]], [0.5, 0.9, 0.7], [0, 0, 0], most=2) == [1, 2]


def test_nothing_in_nothing_out() -> None:
    assert non_maximum_suppression(np.zeros((0, 4)), np.zeros(0), np.zeros(0), 0.5).size == 0


def test_boxes_without_area_do_not_disturb() -> None:
    assert _keep([[5, 5, 5, 5], [5, 5, 5, 5], A], [0.9, 0.8, 0.7], [0, 0, 0]) == [0, 1, 2]


def test_overlap_of_two_detections() -> None:
    first, second = Detection("femur_left", 1.0, *A), Detection("femur_right", 0.5, *NEAR_A)
    assert first.iou(second) == pytest.approx(IOU_OF_A_AND_NEAR_A)
    assert first.iou(first) == 1.0
    assert first.iou(Detection("femur_left", 1.0, *FAR)) == 0.0
