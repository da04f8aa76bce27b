"""Grades and types from heights, with the published limits."""

from __future__ import annotations

import pytest
from orthoai.spine.genant import LEAST_LOSS, Heights, classify, grade, gradings, losses, reaches, reference

NORMAL = Heights(24.0, 23.0, 25.0)


def lost(anterior: float, middle: float, posterior: float) -> Heights:
    return Heights(*(height * (1 - part) for height, part in zip(NORMAL, (anterior, middle, posterior), strict=True)))


@pytest.mark.parametrize(
    ("loss", "expected"), [(0, 0), (0.199, 0), (0.2, 1), (0.249, 1), (0.25, 2), (0.4, 3), (0.7, 3)]
)
def test_grades_begin_at_20_25_and_40_percent(loss: float, expected: int) -> None:
    assert grade(loss) == expected


@pytest.mark.parametrize("normal", [10.0, 20.0, 23.0, 24.6, 25.0])
@pytest.mark.parametrize(("percent", "expected"), [(20, 1), (25, 2), (40, 3)])
def test_a_height_on_the_limit_has_the_grade_that_begins_there(normal: float, percent: int, expected: int) -> None:
    whole, low = Heights(normal, normal, normal), normal * (100 - percent) / 100
    assert classify(losses(Heights(low, normal, normal), whole)) == ("wedge", expected)
    assert classify(losses(Heights(low, low, low), whole)) == ("crush", expected)
    just_above = low + 1e-6 * normal
    assert grade(losses(Heights(just_above, normal, normal), whole).anterior) == expected - 1


def test_a_body_on_the_limit_of_a_clear_loss_is_no_neighbor() -> None:
    sound, low = Heights(20.4, 20.4, 20.4), Heights(15.3, 20.4, 20.4)
    assert 1 - low.anterior / sound.anterior < 0.25
    (_, grading, above) = gradings([sound, low, sound], [False] * 3)
    assert grading is not None and (grading.label, grading.grade) == ("wedge", 2)
    assert above is not None and above.expected == sound


def test_the_least_loss_of_a_fracture_is_reached_on_its_limit() -> None:
    lost_share = losses(Heights(18, 20, 20), Heights(20, 20, 20)).anterior
    assert lost_share < LEAST_LOSS and reaches(lost_share, LEAST_LOSS)
    assert not reaches(LEAST_LOSS - 1e-6, LEAST_LOSS)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((0.3, 0.2, 0.05), ("wedge", 2)),
        ((0.1, 0.22, 0.1), ("biconcave", 1)),
        ((0.3, 0.3, 0.1), ("biconcave", 2)),
        ((0.5, 0.5, 0.45), ("crush", 3)),
        ((0.1, 0.1, 0.3), ("crush", 2)),
        ((0.15, 0.19, 0.1), ("normal", 0)),
    ],
)
def test_the_pattern_tells_the_type(parts: tuple[float, float, float], expected: tuple[str, int]) -> None:
    assert classify(Heights(*parts)) == expected


def test_the_reference_is_the_mean_of_the_nearest_usable_neighbors() -> None:
    heights = [Heights(20, 20, 20), Heights(22, 22, 22), Heights(9, 9, 9), Heights(26, 26, 26)]
    assert reference(heights, [True, True, False, True], 2) == Heights(24, 24, 24)
    assert reference(heights, [True, False, False, False], 2) == Heights(20, 20, 20)
    assert reference(heights, [False] * 4, 2) is None
    assert reference([None, *heights[1:]], [True, False, False, True], 1) == Heights(26, 26, 26)


def test_losses_are_shares_of_the_expected_height() -> None:
    assert losses(Heights(12, 20, 25), Heights(24, 20, 20)) == pytest.approx((0.5, 0.0, -0.25))


def test_fractured_bodies_are_no_reference() -> None:
    found = gradings([NORMAL, lost(0.5, 0.2, 0.0), lost(0.3, 0.1, 0.0), NORMAL], [False, True, True, False])
    assert [(each.label, each.grade) for each in found if each] == [
        ("normal", 0), ("wedge", 3), ("wedge", 2), ("normal", 0),
    ]  # fmt: skip
    assert found[1] is not None
    assert found[1].expected == NORMAL
    assert found[1].loss == pytest.approx(0.5)


def test_a_low_body_called_normal_is_found_and_spoils_no_neighbor() -> None:
    found = gradings(
        [NORMAL, NORMAL, lost(0.35, 0.1, 0.0), lost(0.2, 0.3, 0.1), NORMAL], [False, False, False, True, False]
    )
    assert found[2] is not None
    assert (found[2].label, found[2].grade) == ("wedge", 2)
    assert found[3] is not None
    assert (found[3].label, found[3].grade, found[3].expected) == ("biconcave", 2, NORMAL)


def test_what_has_no_height_or_no_neighbor_is_not_graded() -> None:
    assert gradings([NORMAL], [False]) == [None]
    assert gradings([None, NORMAL, NORMAL], [False] * 3)[0] is None


def test_of_several_doubtful_bodies_the_worst_one_is_left_out_first() -> None:
    """A collapsed front beside a high back: a sound neighbor that is left out first would be the one graded."""
    sound, collapsed = Heights(20, 20, 20), Heights(10, 20, 34)
    found = gradings([sound, collapsed, sound], [False] * 3)
    assert [each and (each.label, each.grade) for each in found] == [("normal", 0), ("wedge", 3), ("normal", 0)]
