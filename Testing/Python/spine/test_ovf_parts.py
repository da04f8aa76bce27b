"""Joining, voting and attention by hand-made answers."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.models.calibration import Calibration
from orthoai.tasks.ovf.eigencam import eigen_cam
from orthoai.tasks.ovf.given import GivenBox, pointed_at
from orthoai.tasks.ovf.join import join, vote
from orthoai.tasks.ovf.slices import SliceBody


def outline(index: int, row: int = 10, scores: tuple[float, ...] = (0.0, 0.8, 0.1, 0.1), side: int = 20) -> SliceBody:
    return SliceBody(index, max(scores), scores, row, 5, np.ones((side, side), bool))


def test_outlines_that_overlap_become_one_body_and_missed_slices_are_filled() -> None:
    bodies = join([outline(n, row) for n in (3, 4, 6, 7) for row in (10, 34)])
    assert [[edge.start for edge in body.place] for body in bodies] == [[3, 10, 5], [3, 34, 5]]
    assert all(body.mask.shape == (5, 20, 20) and body.mask.all() for body in bodies)
    assert bodies[0].center == (14.5, 19.5, 5.0)
    assert bodies[0].best_slice in (4, 6)


def test_a_body_in_few_slices_or_far_apart_is_none() -> None:
    assert join([outline(3), outline(4)]) == []
    assert join([outline(3), outline(4), outline(9), outline(10)]) == []
    # 12 mm: a strip of the sacrum beside its middle, not a vertebra of 25 mm.
    assert join([outline(n) for n in range(4)]) == []
    assert len(join([outline(n) for n in range(5)])) == 1


def test_each_body_takes_one_outline_a_slice() -> None:
    (body,) = join([outline(0), outline(1), outline(2), outline(2, row=16)], least_slices=2)
    assert [part.row for part in body.slices] == [10, 10, 10]


def test_of_two_outlines_the_one_that_fits_better_is_taken_whatever_their_order() -> None:
    (body,) = join([outline(0), outline(1), outline(2, row=16), outline(2)], least_slices=2)
    assert [part.row for part in body.slices] == [10, 10, 10]


def test_a_body_that_tapers_to_its_sides_is_one() -> None:
    (body,) = join([outline(n, side=side) for n, side in enumerate((8, 12, 20, 20, 12, 8))])
    assert len(body.slices) == 6


def test_a_box_that_reaches_into_a_neighbor_takes_each_outline_from_one_body_and_leaves_the_other() -> None:
    faint, sure = (0.0, 0.5, 0.1, 0.1), (0.9, 0.0, 0.0, 0.0)
    # In every second slice the neighbor is the surer one.
    own = [outline(n, row=10, scores=sure if n % 2 else faint) for n in range(8)]
    neighbor = [outline(n, row=40, scores=faint if n % 2 else sure) for n in range(8)]
    grid = Geometry((8, 60, 40), (1.0, 1.0, 1.0))
    box = GivenBox(Box.from_index("a", 1.0, (0, 5, -0.5), (40, 52, 7.5), grid), grid, grid)
    outlines = sorted([*own, *neighbor], key=lambda each: each.index)
    (asked,), rest = pointed_at([box], outlines, join(outlines))
    assert list(asked.slices) == own
    assert [list(body.slices) for body in rest] == [neighbor]


def test_a_missed_slice_holds_what_both_its_neighbors_have() -> None:
    (body,) = join([outline(n, side=side) for n, side in ((0, 20), (1, 20), (3, 12), (4, 12))])
    assert body.mask[2].sum() == 12 * 12


def test_the_vote_weighs_area_and_score() -> None:
    large, small = outline(0, scores=(0.1, 0.2, 0.1, 0.7)), outline(1, scores=(0.0, 0.9, 0.0, 0.0), side=4)
    assert vote([large, large, small]).label == "normal"
    assert vote([small, small, small]).label == "wedge"
    found = vote([outline(0), outline(1)])
    assert (found.label, found.score, found.spread) == ("wedge", pytest.approx(0.8), pytest.approx(0.0))
    assert sum(found.shares.values()) == pytest.approx(1)


def test_a_fracture_of_doubtful_kind_is_a_fracture() -> None:
    found = vote([outline(0, scores=(0.25, 0.3, 0.1, 0.5))])
    assert found.label == "wedge"


def test_slices_that_differ_spread_the_vote() -> None:
    broken, sound = outline(0, scores=(0.9, 0.0, 0.0, 0.1)), outline(1, scores=(0.1, 0.0, 0.0, 0.7))
    assert vote([broken, sound, broken]).spread > 0.3


def test_attention_is_bright_where_something_was_found() -> None:
    features = np.zeros((3, 8, 8), np.float32)
    features[0, 2:4, 2:4] = 5
    inside = np.zeros((8, 8), bool)
    inside[2:4, 2:4] = True
    for sign in (1, -1):
        heat = eigen_cam(sign * features, inside)
        assert heat.max() == 1 and heat[inside].min() > 0.9
        assert heat[~inside].max() < 0.1
    assert not eigen_cam(np.ones((3, 8, 8), np.float32)).any()


def test_a_calibration_comes_from_the_card_or_leaves_scores_alone() -> None:
    assert Calibration.from_card({"a": 1.0, "b": 0.0, "answers": 3})(0.3) == pytest.approx(0.3)
    assert Calibration.from_card({"a": 2.0, "b": 1.0})(0.5) == pytest.approx(1 / (1 + np.exp(-1)))
    for entry in (None, {}, {"a": "x", "b": 1}, 3):
        assert Calibration.from_card(entry) == Calibration()
    assert Calibration(2.0, 0.0)(0.8) == pytest.approx(0.8**2 / (0.8**2 + 0.2**2))
    assert [Calibration()(score) for score in (0.01, 0.99)] == pytest.approx([0.01, 0.99])
    assert 0 < Calibration(2.0, 1.0)(0.0) < Calibration(2.0, 1.0)(1.0) < 1


def test_a_body_is_sure_by_two_outlines_and_goes_on_by_faint_ones() -> None:
    faint, sure = (0.0, 0.3, 0.0, 0.0), (0.0, 0.7, 0.0, 0.0)
    (body,) = join([outline(n, scores=sure if n in (1, 2) else faint) for n in range(5)])
    assert body.is_sure(0.6)
    (body,) = join([outline(n, scores=sure if n == 2 else faint) for n in range(5)])
    assert not body.is_sure(0.6)
