"""Scores of answers that are right, shifted, swapped, empty or one-sided."""

from __future__ import annotations

import json

import numpy as np
import pytest
from evaluate_fakes import GRID, prediction, rods
from orthoai.volume import Volume
from orthoai_training.femur.evaluation.measure import measure
from orthoai_training.femur.evaluation.predict import Prediction
from orthoai_training.femur.evaluation.scores import SubjectScores


def test_the_truth_itself_is_perfect():
    scores = measure(rods(), prediction(rods()), GRID)
    for one in (scores.both, *(femur.scores for femur in scores.femora.values())):
        assert one.hd95_mm == 0
        assert {value for name, value in vars(one).items() if name != "hd95_mm"} == {1.0}
    assert scores.foreground_dice == 1
    assert scores.femora["left"].truth_ml == pytest.approx(16 * 8 * 10 * 24 / 1000)
    assert scores.inference_s == 3.0  # Loading does not count.


def test_a_box_shifted_by_a_fifth_of_its_width():
    scores = measure(rods(), prediction(np.roll(rods(), 2, axis=2)), GRID)
    for one in (scores.both, *(femur.scores for femur in scores.femora.values())):
        assert one.iou == pytest.approx(8 / 12)
        assert one.dice == pytest.approx(8 / 10)
        assert one.sensitivity == pytest.approx(8 / 10)
        assert one.hd95_mm == pytest.approx(4.0)  # Two voxels of 2 mm.
    assert scores.both.specificity == pytest.approx(1 - 2 * 16 * 8 * 2 / (30 * 24 * 50 - 2 * 1280))
    assert scores.both.pixel_accuracy == pytest.approx(1 - 2 * 2 * 16 * 8 * 2 / (30 * 24 * 50))


def test_the_crop_is_the_true_box_and_twelve_millimeters():
    truth = rods((1,))
    scores = measure(truth, prediction(np.roll(truth, 2, axis=2)), GRID).both
    # i 29..49 of 50 (6 voxels of 2 mm, cut off at the edge), j 4..19 (4 of 3 mm), k 5..26 (3 of 4 mm).
    voxels = 21 * 16 * 22
    assert scores.crop_pixel_accuracy == pytest.approx(1 - 2 * 16 * 8 * 2 / voxels)
    assert scores.crop_specificity == pytest.approx(1 - 16 * 8 * 2 / (voxels - 1280))
    assert scores.crop_specificity < scores.specificity


def test_swapped_sides_score_nothing_but_their_foreground():
    truth = rods()
    swapped = np.choose(truth, [0, 2, 1]).astype(np.uint8)
    scores = measure(truth, prediction(swapped), GRID)
    assert (scores.both.iou, scores.both.dice, scores.both.surface_dice_2mm) == (0, 0, 0)
    assert scores.foreground_dice == 1


def test_an_empty_answer_misses_both_femora_and_has_no_hd95():
    scores = measure(rods(), prediction(np.zeros(GRID.shape, np.uint8)), GRID)
    assert (scores.both.iou, scores.both.dice, scores.both.sensitivity) == (0, 0, 0)
    assert scores.both.specificity == 1
    assert (scores.both.hd95_mm, scores.both.surface_dice_1mm) == (None, 0)
    assert all(femur.present and not femur.found for femur in scores.femora.values())


def test_one_missed_femur_halves_the_means_and_leaves_hd95_to_the_other():
    scores = measure(rods(), prediction(rods((1,))), GRID)
    assert scores.both.iou == 0.5
    assert scores.both.hd95_mm == 0
    assert scores.both.surface_dice_1mm == 0.5
    assert scores.femora["right"].scores.hd95_mm is None


def test_an_absent_femur_is_not_missed():
    scores = measure(rods((2,)), prediction(rods((2,))), GRID)
    assert not scores.femora["left"].present
    assert scores.femora["left"].scores.dice is None
    assert (scores.both.iou, scores.both.dice) == (1, 1)


def test_a_femur_found_where_none_is_costs_dice_and_specificity():
    scores = measure(rods((2,)), prediction(rods()), GRID)
    assert scores.femora["left"].found and not scores.femora["left"].present
    assert scores.femora["left"].scores.iou is None
    assert scores.both.dice == pytest.approx(2 / 3)
    assert scores.both.specificity < 1


def test_a_sliver_of_a_femur_is_not_expected_to_be_found():
    truth = rods((2,))
    truth[0, 8, 40:48] = 1  # 8 voxels of 24 mm3: 0.19 mL.
    assert not measure(truth, prediction(rods((2,))), GRID).femora["left"].present
    truth[0, 8, 40:49] = 1
    assert measure(truth, prediction(rods((2,))), GRID).femora["left"].present


def test_other_axis_orders_score_the_same():
    truth, found = rods(), np.roll(rods(), 2, axis=2)
    plain = measure(truth, prediction(found), GRID)
    turned = Volume(truth, GRID).reoriented("SAR")
    boxes = tuple(box.on(GRID, turned.geometry) for box in prediction(found).boxes)
    other = Prediction(Volume(found, GRID).reoriented("SAR").voxels, boxes)
    again = measure(turned.voxels, other, turned.geometry)
    assert vars(again.both) == pytest.approx(vars(plain.both))


def test_a_scan_without_a_femur_is_scored():
    empty = np.zeros(GRID.shape, np.uint8)
    scores = measure(empty, prediction(empty), GRID)
    assert (scores.both.iou, scores.both.dice, scores.both.hd95_mm) == (None, None, None)
    assert scores.both.specificity == 1


def test_the_raw_answer_of_a_single_stage_is_scored_as_foreground():
    given = prediction(rods((1,)))
    raw = Prediction(given.labels, given.boxes, raw=rods() > 0)
    scores = measure(rods(), raw, GRID)
    assert scores.raw_foreground_dice == 1
    assert scores.foreground_dice == pytest.approx(2 / 3)


def test_scores_survive_json():
    scores = measure(rods(), prediction(rods((1,))), GRID)
    assert SubjectScores.from_json(json.loads(json.dumps(scores.to_json(), allow_nan=False))) == scores
