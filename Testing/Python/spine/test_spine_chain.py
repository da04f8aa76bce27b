"""The order of bodies along a curved spine."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.spine.chain import along_spine, directions, gaps, one_spine, unnamed


def arc(count: int, degrees: float = 60.0, step: float = 25.0) -> np.ndarray:
    """Centers along a circle, from the lowest upward."""
    angles = np.radians(np.linspace(0, degrees, count))
    steps = step * np.stack([np.zeros(count), -np.sin(angles), np.cos(angles)], axis=1)
    return np.cumsum(steps, axis=0)


def test_a_curved_spine_is_ordered_from_below() -> None:
    centers = arc(10)
    order = np.random.default_rng(3).permutation(10)
    assert np.array_equal(order[along_spine(centers[order], [1.0] * 10)], np.arange(10))


def test_the_heavier_of_two_centers_of_one_body_stays() -> None:
    assert along_spine([(0, 0, 0), (0, 3, 1), (0, 0, 30)], [1, 2, 1]) == [1, 2]


def test_directions_follow_the_curve() -> None:
    found = directions(arc(9))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    assert found[0, 1] > found[-1, 1]
    assert np.degrees(np.arccos(found[4, 2])) == pytest.approx(30, abs=8)
    np.testing.assert_array_equal(directions([(1, 2, 3)]), [[0, 0, 1]])


def test_a_missing_body_leaves_a_gap() -> None:
    centers = np.delete(arc(8, 20), 4, axis=0)
    assert gaps(centers) == [False, False, False, True, False, False, False]
    assert gaps(np.zeros((0, 3))) == []
    assert gaps(centers[:2]) == [False, False]


def test_names_count_from_the_lowest() -> None:
    assert unnamed(3) == ["vertebra_1", "vertebra_2", "vertebra_3"]


def test_what_lies_beside_the_spine_is_not_on_its_line() -> None:
    spine = [(0.0, 0.0, 30.0 * n) for n in range(6)]
    hips = [(95.0, 10.0, -60.0), (-95.0, 10.0, -60.0), (90.0, 0.0, 20.0), (30.0, 20.0, 60.0)]
    heavy = [30.0] * 6 + [40.0, 40.0, 30.0, 5.0]
    assert one_spine(hips[:2] + spine + hips[2:], heavy[6:8] + heavy[:6] + heavy[8:]) == [2, 3, 4, 5, 6, 7]


def test_a_bent_spine_with_one_body_missing_is_one_line() -> None:
    angles = np.radians([0, 12, 24, 48, 60, 72])
    bent = np.stack([0 * angles, 150 * (1 - np.cos(angles)), 150 * np.sin(angles)], axis=1)
    assert one_spine(bent[::-1], [1.0] * 6) == [5, 4, 3, 2, 1, 0]


def test_a_strip_of_the_sacrum_is_not_on_the_line() -> None:
    """As it was found beneath the five lumbar bodies of a real CT."""
    lumbar = [(1.1, -134.2, 241.6), (4.4, -144.1, 278.1), (4.7, -142.1, 315.6), (5.8, -133.5, 352.2)]
    assert one_spine([(-22.6, -108.7, 219.7), *lumbar], [4.8, 19.3, 19.2, 19.5, 18.6]) == [1, 2, 3, 4]


def test_a_second_part_of_a_body_leads_no_line_past_it() -> None:
    spine = [(0.0, 0.0, 30.0 * n) for n in range(4)]
    parts = [(0.0, -4.0, 24.0), (0.0, 4.0, 66.0)]
    assert one_spine([*spine, *parts], [9.0] * 4 + [1.0] * 2) == [0, 1, 2, 3]


def test_three_missed_bodies_do_not_part_a_spine() -> None:
    centers = np.delete(arc(9, 30, 30.0), [4, 5, 6], axis=0)
    assert one_spine(centers, [1.0] * 6) == [0, 1, 2, 3, 4, 5]


def test_what_lies_far_ahead_but_beside_is_not_on_the_line() -> None:
    spine = [(0.0, 0.0, 30.0 * n) for n in range(4)]
    assert one_spine([(60.0, 0.0, -100.0), (0.0, 10.0, -200.0), *spine], [9.0] * 6) == [2, 3, 4, 5]


def test_a_kyphosis_of_crushed_bodies_is_one_line() -> None:
    """Thoracic bodies of a simulated spine, the uppermost four of them crushed."""
    forward = [-9, -5, -5, -8, -20, -34, -49, -65]
    up = [221, 242, 262, 283, 313, 324, 335, 344]
    centers = np.stack([np.linspace(-2, 14, 8), forward, up], axis=1)
    assert one_spine(centers, [11, 6, 7, 6, 4, 4, 5, 5]) == list(range(8))


def test_a_short_piece_that_leans_to_one_side_is_one_line() -> None:
    """With a part of a hip bone and one of the sacrum's wing."""
    lean = np.radians(40)
    spine = [(30.0 * n * np.sin(lean), 0.0, 30.0 * n * np.cos(lean)) for n in range(4)]
    beside = [(70.0, 10.0, -50.0), (20.0, 22.0, -20.0)]
    assert one_spine([*beside, *spine], [12.0, 5.0, 20.0, 20.0, 20.0, 20.0]) == [2, 3, 4, 5]


def test_an_s_shaped_scoliosis_is_one_line_and_its_hips_are_not_on_it() -> None:
    """An excursion of 80 mm in 350: from body to body it turns by up to 21 degrees."""
    up = np.linspace(0, 350, 14)
    centers = np.stack([40 * np.sin(2 * np.pi * up / 350), 30 * np.sin(np.pi * up / 350), up], axis=1)
    beside = [(75.0, 10.0, -40.0), (-80.0, 10.0, -30.0), (-45.0, 22.0, -15.0)]
    assert one_spine([*beside, *centers], [12.0, 12.0, 5.0] + [20.0] * 14) == list(range(3, 17))


def test_one_body_is_a_spine_and_none_is_none() -> None:
    assert one_spine([(3, 4, 5)], [1.0]) == [0]
    assert one_spine([], []) == []


def test_centers_nearer_than_9_mm_are_one_body_whatever_way_they_lie() -> None:
    assert along_spine([(0, 0, 0), (0, 0, 12), (0, 0, 40)], [1, 2, 1]) == [0, 1, 2]
    assert along_spine([(0, 0, 0), (0, -14, 6), (0, -20, 30)], [1, 2, 1]) == [0, 1, 2]  # A sharp kyphosis.
    assert along_spine([(0, 0, 0), (0, 0, 8), (0, 0, 40)], [1, 2, 1]) == [1, 2]


@pytest.mark.parametrize(("step", "missing"), [(45.0, False), (54.0, True)])
def test_a_gap_is_told_from_a_wide_step(step: float, missing: bool) -> None:
    heights = np.cumsum([0, 30, 30, step, 30, 30])
    assert gaps([(0, 0, z) for z in heights]) == [False, False, missing, False, False, False]


def test_a_center_that_lies_aside_turns_its_neighbor_by_no_more_than_its_share() -> None:
    centers = np.array([(0.0, 0.0, 30.0 * n) for n in range(7)])
    centers[2, 1] = 12.0
    lean = np.degrees(np.arccos(directions(centers)[:, 2]))
    assert lean[3] == pytest.approx(0, abs=0.1) and lean[4] < 8
