"""Each rule that turns one view's boxes into one box per bone."""

from __future__ import annotations

from orthoai.tasks.femur.candidates import (
    clean_view,
    drop_duplicates,
    drop_spanning,
    drop_weak,
    merge_pieces,
)
from orthoai.tasks.femur.view_box import Span, ViewBox

LEFT, RIGHT = "femur_left", "femur_right"


def box(label: str, score: float, x: tuple[float, float], along: tuple[float, float]) -> ViewBox:
    return ViewBox(label, score, Span(*x), Span(*along))


LEFT_FEMUR = box(LEFT, 0.9, (60, 160), (100, 550))
RIGHT_FEMUR = box(RIGHT, 0.8, (-160, -60), (100, 550))


def test_weak_and_empty_boxes_are_dropped_and_the_rest_sorted():
    flat = box(LEFT, 0.9, (0, 0), (0, 100))
    weak = box(LEFT, 0.2, (0, 100), (0, 400))
    assert drop_weak([weak, RIGHT_FEMUR, flat, LEFT_FEMUR], 0.25) == [LEFT_FEMUR, RIGHT_FEMUR]


def test_of_two_boxes_over_one_bone_the_surer_stays_whatever_its_class():
    again = box(RIGHT, 0.5, (62, 158), (105, 540))
    assert drop_duplicates([LEFT_FEMUR, RIGHT_FEMUR, again]) == [LEFT_FEMUR, RIGHT_FEMUR]


def test_a_box_around_both_femora_is_dropped_even_when_it_is_the_surest():
    both = box(LEFT, 0.95, (-160, 160), (100, 550))
    assert drop_spanning([both, LEFT_FEMUR, RIGHT_FEMUR]) == [LEFT_FEMUR, RIGHT_FEMUR]


def test_a_wide_box_that_covers_one_other_stays():
    wide = box(LEFT, 0.95, (-160, 160), (100, 550))
    assert drop_spanning([wide, LEFT_FEMUR]) == [wide, LEFT_FEMUR]


def test_a_femur_broken_by_a_stem_becomes_one_box():
    hip = box(LEFT, 0.7, (60, 160), (400, 550))
    knee = box(LEFT, 0.6, (70, 150), (100, 350))
    assert merge_pieces([hip, knee], True) == [box(LEFT, 0.7, (60, 160), (100, 550))]


def test_pieces_of_a_slanting_femur_are_joined_in_the_coronal_view_only():
    hip = box(LEFT, 0.7, (160, 250), (400, 550))
    knee = box(LEFT, 0.6, (60, 150), (100, 350))
    assert merge_pieces([hip, knee], True) == [box(LEFT, 0.7, (60, 250), (100, 550))]
    assert merge_pieces([hip, knee], False) == [hip, knee]


def test_pieces_of_other_classes_side_by_side_stay_two_femora():
    assert merge_pieces([LEFT_FEMUR, RIGHT_FEMUR], True) == [LEFT_FEMUR, RIGHT_FEMUR]


def test_the_shin_below_a_sure_femur_is_not_a_piece_of_it():
    shin = box(LEFT, 0.3, (70, 140), (-250, 80))
    assert merge_pieces([LEFT_FEMUR, shin], True) == [LEFT_FEMUR]


def test_pieces_longer_than_any_femur_are_not_joined():
    shin = box(LEFT, 0.8, (70, 140), (-250, 80))
    assert merge_pieces([LEFT_FEMUR, shin], True) == [LEFT_FEMUR]


def test_pieces_far_apart_are_not_joined():
    far = box(LEFT, 0.8, (70, 140), (600, 650))
    near = box(LEFT, 0.9, (60, 160), (300, 450))
    assert merge_pieces([near, far], True) == [near]


def test_touching_knees_stay_two_femora():
    left = box(LEFT, 0.9, (-5, 120), (100, 550))
    right = box(RIGHT, 0.8, (-120, 5), (100, 550))
    assert clean_view([right, left], True) == [left, right]


def test_all_rules_together_leave_one_box_per_bone():
    crowd = [
        box(LEFT, 0.5, (-160, 160), (100, 550)),
        box(RIGHT, 0.6, (62, 158), (105, 540)),
        box(RIGHT, 0.1, (300, 350), (0, 50)),
        RIGHT_FEMUR,
        LEFT_FEMUR,
    ]
    assert clean_view(crowd, True, 0.25) == [LEFT_FEMUR, RIGHT_FEMUR]
    assert clean_view([], True, 0.25) == []
