"""Each rule that turns the boxes of two views into boxes in 3D."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.tasks.femur.fuse import (
    NOTE_AXIAL_ONLY,
    NOTE_CORONAL_ONLY,
    NOTE_SIDE_BY_LOOK,
    NOTE_SIDE_BY_POSITION,
    BoneExtent,
    Field,
    Pair,
    assign_sides,
    drop_same_side,
    fill_along,
    fuse,
    keep_femora,
    match_views,
    shared_edges,
    snapped,
)
from orthoai.tasks.femur.view_box import Span, ViewBox

LEFT, RIGHT = "femur_left", "femur_right"
FIELD = Field(Span(-250, 250), Span(0, 300), Span(0, 1000))


def box(label: str, score: float, x: tuple[float, float], along: tuple[float, float], pixel: float = 1.0) -> ViewBox:
    return ViewBox(label, score, Span(*x), Span(*along), pixel)


CORONAL_LEFT = box(LEFT, 0.9, (60, 160), (300, 750))
CORONAL_RIGHT = box(RIGHT, 0.8, (-160, -60), (310, 760))
AXIAL_LEFT = box(LEFT, 0.7, (60, 160), (100, 200))
AXIAL_RIGHT = box(RIGHT, 0.6, (-160, -60), (90, 190))


def spans(femur):
    return femur.label, *(Span(round(span.low, 6), round(span.high, 6)) for span in (femur.i, femur.j, femur.k))


# Matching


def test_views_are_matched_on_the_shared_axis_not_on_the_class():
    swapped = box(RIGHT, 0.7, (60, 160), (100, 200))
    pairs = match_views([CORONAL_RIGHT, CORONAL_LEFT], [swapped])
    assert Pair(CORONAL_LEFT, swapped) in pairs
    assert Pair(CORONAL_RIGHT, None) in pairs
    assert len(pairs) == 2


def test_each_box_is_matched_once_to_its_best_partner():
    nearly = box(LEFT, 0.95, (100, 200), (100, 200))
    pairs = match_views([CORONAL_LEFT], [nearly, AXIAL_LEFT])
    assert pairs == [Pair(CORONAL_LEFT, AXIAL_LEFT), Pair(None, nearly)]


def test_boxes_that_hardly_share_the_axis_are_not_matched():
    beside = box(LEFT, 0.9, (150, 250), (100, 200))
    assert match_views([CORONAL_LEFT], [beside]) == [Pair(CORONAL_LEFT, None), Pair(None, beside)]


def test_a_piece_inside_a_box_is_a_worse_partner_than_the_whole():
    piece, whole = box(LEFT, 0.9, (60, 100), (0, 1)), box(LEFT, 0.9, (63, 165), (0, 1))
    assert match_views([CORONAL_LEFT], [piece, whole])[0] == Pair(CORONAL_LEFT, whole)


# Edges


def test_the_shared_edges_lean_to_the_surer_and_sharper_view():
    sharp = box(LEFT, 0.8, (60, 160), (0, 1), pixel=1.0)
    blurred = box(LEFT, 0.4, (63, 166), (0, 1), pixel=2.0)
    # Weights 0.8 and 0.2.
    edges = shared_edges((sharp, blurred))
    assert (edges.low, edges.high) == pytest.approx((60.6, 161.2))


def test_views_that_disagree_cut_nothing_away():
    half = box(LEFT, 0.9, (60, 105), (0, 1))
    assert shared_edges((CORONAL_LEFT, half)) == Span(60, 160)


def test_edges_near_the_field_of_view_move_onto_it():
    assert snapped(Span(3, 500), Span(0, 1000)) == Span(0, 500)
    assert snapped(Span(6, 500), Span(0, 1000)) == Span(6, 500)
    assert snapped(Span(6, 500), Span(0, 1000), pixel_mm=8) == Span(0, 500)
    assert snapped(Span(20, 998), Span(0, 1000)) == Span(20, 1000)
    assert snapped(Span(20, 1050), Span(0, 1000)) == Span(20, 1000)


def test_a_femur_that_the_field_cuts_at_the_side_reaches_to_its_edge():
    assert fuse([box(LEFT, 0.9, (150, 247), (300, 750))], [], FIELD)[0].i == Span(150, 250)


def test_both_femora_take_z_from_the_coronal_and_y_from_the_axial_view():
    left, right = fuse([CORONAL_LEFT, CORONAL_RIGHT], [AXIAL_RIGHT, AXIAL_LEFT], FIELD)
    assert spans(left) == (LEFT, Span(60, 160), Span(100, 200), Span(300, 750))
    assert spans(right) == (RIGHT, Span(-160, -60), Span(90, 190), Span(310, 760))
    assert left.score == pytest.approx(0.8)
    assert left.notes == ()


# Sides


def test_with_two_femora_the_order_along_x_decides_over_the_class():
    wrong = [box(RIGHT, 0.9, (60, 160), (300, 750)), box(LEFT, 0.8, (-160, -60), (300, 750))]
    left, right = fuse(wrong, [], FIELD)
    assert left.i == Span(60, 160) and right.i == Span(-160, -60)
    assert NOTE_SIDE_BY_POSITION in left.notes


def test_with_two_femora_of_one_class_the_order_along_x_decides():
    left, right = fuse([CORONAL_LEFT, box(LEFT, 0.8, (-160, -60), (300, 750))], [], FIELD)
    assert (left.label, left.i) == (LEFT, Span(60, 160))
    assert (right.label, right.i) == (RIGHT, Span(-160, -60))


def test_the_order_along_x_is_that_of_the_middles_where_one_box_is_wide():
    wide, narrow = Pair(box(LEFT, 0.9, (-20, 160), (0, 1)), None), Pair(box(RIGHT, 0.9, (-10, 40), (0, 1)), None)
    assert assign_sides([wide, narrow], None) == [LEFT, RIGHT]


def test_with_one_femur_the_class_decides_where_no_midline_is_known():
    assert assign_sides([Pair(CORONAL_RIGHT, None)], None) == [RIGHT]
    assert assign_sides([Pair(box(LEFT, 0.8, (-160, -60), (0, 1)), None)], None) == [LEFT]


def test_with_one_femur_clear_of_the_midline_position_decides():
    wrong = Pair(box(LEFT, 0.8, (-160, -60), (0, 1)), None)
    assert assign_sides([wrong], 0.0) == [RIGHT]
    assert assign_sides([wrong], -110.0) == [LEFT], "a box across the midline keeps its class"
    assert assign_sides([Pair(box(RIGHT, 0.8, (60, 160), (0, 1)), None)], 0.0) == [LEFT]


def test_a_side_that_nothing_but_the_class_tells_is_to_be_checked():
    lone = [CORONAL_LEFT], [AXIAL_LEFT], FIELD
    assert fuse(*lone)[0].notes == (NOTE_SIDE_BY_LOOK,), "no midline is known"
    assert fuse(*lone, midline=110.0)[0].notes == (NOTE_SIDE_BY_LOOK,), "the midline runs through the box"
    assert fuse(*lone, midline=0.0)[0].notes == ()


def test_the_class_of_the_surer_view_counts():
    assert Pair(CORONAL_LEFT, box(RIGHT, 0.7, (60, 160), (0, 1))).label == LEFT


# Missing


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_one_femur_missing_gives_the_other_alone(side):
    coronal = {LEFT: CORONAL_LEFT, RIGHT: CORONAL_RIGHT}[side]
    axial = {LEFT: AXIAL_LEFT, RIGHT: AXIAL_RIGHT}[side]
    assert [femur.label for femur in fuse([coronal], [axial], FIELD, midline=0.0)] == [side]


def test_no_box_gives_no_femur():
    assert fuse([], [], FIELD) == []


def test_a_missing_axis_comes_from_the_other_femur():
    left, right = fuse([CORONAL_LEFT, CORONAL_RIGHT], [AXIAL_LEFT], FIELD)
    assert right.j == left.j == Span(100, 200)
    assert right.notes == (NOTE_CORONAL_ONLY,)
    left, right = fuse([CORONAL_RIGHT], [AXIAL_LEFT, AXIAL_RIGHT], FIELD)
    assert left.k == right.k == Span(310, 760)
    assert left.notes == (NOTE_AXIAL_ONLY,)


def test_the_other_femur_goes_before_the_bone_seen():
    bone = BoneExtent(lambda x: Span(0, 5), lambda x, k: Span(0, 5))
    _, right = fuse([CORONAL_LEFT, CORONAL_RIGHT], [AXIAL_LEFT], FIELD, bone=bone)
    assert right.j == Span(100, 200)
    left, _ = fuse([CORONAL_RIGHT], [AXIAL_LEFT, AXIAL_RIGHT], FIELD, bone=bone)
    assert left.k == Span(310, 760)


def test_a_missing_axis_of_a_lone_femur_comes_from_the_bone_there():
    asked = []

    def along_j(x, k):
        asked.append((x, k))
        return Span(80, 180)

    femur = fuse([CORONAL_LEFT], [], FIELD, bone=BoneExtent(lambda x: None, along_j))[0]
    assert femur.j == Span(80, 180)
    assert asked == [(Span(60, 160), Span(300, 750))]


def test_a_missing_axis_without_bone_spans_the_field_of_view():
    assert fuse([CORONAL_LEFT], [], FIELD)[0].j == FIELD.j
    assert fuse([], [AXIAL_LEFT], FIELD)[0].k == FIELD.k


def test_what_fills_a_missing_axis_stays_inside_the_field_of_view():
    assert fill_along(None, [box(LEFT, 1, (0, 1), (-50, 400))], None, FIELD.j) == FIELD.j


# Several candidates


def test_a_femur_seen_in_one_view_must_be_sure():
    weak = box(RIGHT, 0.35, (-160, -60), (300, 750))
    assert [femur.label for femur in fuse([CORONAL_LEFT, weak], [AXIAL_LEFT], FIELD)] == [LEFT]
    seen_twice = box(RIGHT, 0.8, (-160, -60), (90, 190))
    assert len(fuse([CORONAL_LEFT, weak], [AXIAL_LEFT, seen_twice], FIELD)) == 2


@pytest.mark.parametrize(("score", "count"), [(0.54, 0), (0.56, 1)])
def test_what_both_views_show_faintly_is_an_arm(score: float, count: int):
    faint = box(RIGHT, score, (-160, -60), (300, 750)), box(RIGHT, score, (-160, -60), (90, 190))
    assert len(fuse([faint[0]], [faint[1]], FIELD)) == count


@pytest.mark.parametrize(("score", "counts"), [(0.65, 0), (0.7, 1)])
def test_one_view_alone_needs_seven_tenths(score, counts):
    assert len(fuse([box(LEFT, score, (60, 160), (300, 750))], [], FIELD)) == counts


def test_of_three_candidates_the_best_and_its_counterpart_are_kept():
    left, right = Pair(CORONAL_LEFT, AXIAL_LEFT), Pair(CORONAL_RIGHT, AXIAL_RIGHT)
    arm = Pair(box(LEFT, 0.95, (200, 240), (300, 700)), box(LEFT, 0.6, (200, 240), (100, 140)))
    assert keep_femora([arm, right, left]) == [left, right]


def test_a_second_femur_of_the_wrong_class_still_beats_a_weak_candidate_of_the_right_one():
    left = Pair(CORONAL_LEFT, AXIAL_LEFT)
    misnamed = Pair(box(LEFT, 0.75, (-160, -60), (300, 750)), box(LEFT, 0.75, (-160, -60), (90, 190)))
    arm = Pair(box(RIGHT, 0.7, (200, 240), (300, 700)), None)
    assert keep_femora([left, arm, misnamed]) == [left, misnamed]


def test_two_of_one_class_on_one_side_of_the_body_are_a_femur_and_an_arm():
    left = Pair(CORONAL_LEFT, AXIAL_LEFT)
    arm = Pair(box(LEFT, 0.5, (200, 240), (300, 700)), None)
    assert drop_same_side([left, arm], 0.0) == [left]
    assert drop_same_side([left, arm], None) == [left, arm]
    assert drop_same_side([left, Pair(CORONAL_RIGHT, None)], 0.0) == [left, Pair(CORONAL_RIGHT, None)]


def test_two_of_one_class_that_reach_across_the_midline_both_stay():
    two = [Pair(box(LEFT, 0.9, (-5, 90), (0, 1)), None), Pair(box(LEFT, 0.8, (-100, 5), (0, 1)), None)]
    assert drop_same_side(two, 0.0) == two


def test_two_of_both_classes_on_one_side_of_the_body_both_stay():
    two = [Pair(CORONAL_LEFT, None), Pair(box(RIGHT, 0.8, (20, 55), (0, 1)), None)]
    assert drop_same_side(two, 0.0) == two


# Frames


def test_the_field_reaches_from_outer_edge_to_outer_edge():
    field = Field.of(Geometry(shape=(10, 20, 30), spacing=(2.0, 3.0, 4.0)))
    assert (field.i, field.j, field.k) == (Span(-1, 59), Span(-1.5, 58.5), Span(-2, 38))


def test_a_fused_femur_becomes_a_box_in_index_space_and_in_the_patient():
    grid = Geometry(shape=(10, 20, 30), spacing=(2.0, 3.0, 4.0), origin=(-5.0, 7.0, 100.0))
    field = Field.of(grid)
    femur = fuse([box(LEFT, 0.8, (11, 31), (10, 26))], [box(LEFT, 0.6, (11, 31), (13.5, 28.5))], field)[0]
    result = femur.to_box(grid)
    np.testing.assert_allclose(result.index_min, (5.5, 4.5, 2.5))
    np.testing.assert_allclose(result.index_max, (15.5, 9.5, 6.5))
    np.testing.assert_allclose(result.lps_min, (6, 20.5, 110))
    np.testing.assert_allclose(result.lps_max, (26, 35.5, 126))
    assert result.score == pytest.approx(0.7)
