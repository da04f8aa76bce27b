"""Discs are named from the sacrum upward, whatever the order of their boxes, and doubt is told."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.detect.detector import Detection
from orthoai.errors import InputError
from orthoai.tasks.disc.levels import (
    GAP,
    NAMES,
    NO_SACRUM,
    SACRAL,
    TRANSITIONAL,
    chain,
    name_levels,
    number_of,
    spacing,
)
from orthoai.tasks.disc.scale import TYPICAL_SPACING_MM, estimated_pixel_mm, require_lumbar_size

MM = (1.0, 1.0)
HEIGHT = 400


def disc(row: float, column: float, width: float = 36, height: float = 14, score: float = 0.9) -> Detection:
    return Detection("disc", score, column - width / 2, row - height / 2, column + width / 2, row + height / 2)


def spine(count: int = 6, step: float = 36, lowest: float = 330) -> list[Detection]:
    """A lordotic spine: L5/S1 lies further back than L4/L5."""
    return [disc(lowest - n * step, 120 + 10 * abs(n - 1.5)) for n in range(count)]


def in_pixels(boxes: list[Detection], row_mm: float, col_mm: float) -> list[Detection]:
    """``boxes``, given in mm, in pixels of that size."""
    return [Detection("disc", b.score, b.x0 / col_mm, b.y0 / row_mm, b.x1 / col_mm, b.y1 / row_mm) for b in boxes]


def names(found: list[Detection], **options: object) -> list[str]:
    return [box.label for box in name_levels(found, MM, HEIGHT, **options).discs]  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(5))
def test_names_run_upward_from_the_sacrum_in_whatever_order_the_boxes_come(seed: int) -> None:
    found = spine(7)
    np.random.default_rng(seed).shuffle(found)  # type: ignore[arg-type]
    levels = name_levels(found, MM, HEIGHT)
    assert [box.label for box in levels.discs] == ["L5/S1", "L4/L5", "L3/L4", "L2/L3", "L1/L2", "T12/L1", "T11/T12"]
    assert levels.flags == ()
    assert levels.numbers == tuple(range(7))


@pytest.mark.parametrize("pixel", [0.3, 1.0, 2.5])
def test_names_do_not_depend_on_the_size_of_a_pixel(pixel: float) -> None:
    levels = name_levels(in_pixels(spine(6), pixel, pixel), (pixel, pixel), round(HEIGHT / pixel))
    assert [box.label for box in levels.discs] == list(NAMES[:6])
    assert levels.flags == ()


def test_names_do_not_depend_on_the_shape_of_a_pixel() -> None:
    oblique = [disc(330 - 36 * n, 120 + 30 * n) for n in range(5)]
    levels = name_levels(in_pixels(oblique, 1.0, 0.5), (1.0, 0.5), HEIGHT)
    assert [box.label for box in levels.discs] == list(NAMES[:5])


def test_doubles_count_once_and_the_better_one_stays() -> None:
    found = [*spine(5), disc(331, 136, score=0.4)]
    kept = chain(found, MM)
    assert len(kept) == 5
    assert min(box.score for box in kept) == 0.9


def test_a_false_disc_beside_the_spine_is_left_out() -> None:
    assert names([*spine(6), disc(280, 200, score=0.5)]) == list(NAMES[:6])
    assert names([*spine(6), disc(240, 30, score=0.5)]) == list(NAMES[:6])


def test_a_false_disc_at_which_the_spine_would_swerve_is_left_out() -> None:
    straight = [disc(330 - 36 * n, 120) for n in range(6)]
    beside = disc(330 - 36 * 2.5, 120 + 16, score=0.5)
    assert beside not in chain([*straight, beside], MM)
    between = disc(330 - 36 * 2.5, 120, score=0.5)
    assert between in chain([*straight, between], MM)


def test_a_missed_disc_is_counted_and_told() -> None:
    found = spine(7)
    del found[3]
    levels = name_levels(found, MM, HEIGHT)
    assert [box.label for box in levels.discs] == ["L5/S1", "L4/L5", "L3/L4", "L1/L2", "T12/L1", "T11/T12"]
    assert levels.flags == (GAP,)


def test_two_missed_discs_are_counted() -> None:
    found = spine(8)
    del found[3:5]
    assert names(found) == ["L5/S1", "L4/L5", "L3/L4", "T12/L1", "T11/T12", "T10/T11"]


def test_spacing_that_shrinks_upward_is_no_gap() -> None:
    rows = np.cumsum([0, 39, 39, 38, 36, 33, 30, 27, 24])
    assert names([disc(360 - row, 120) for row in rows]) == list(NAMES[:9])


def test_a_field_that_ends_at_the_lowest_disc_has_no_sacrum() -> None:
    assert name_levels(spine(5, lowest=390), MM, HEIGHT).flags == (NO_SACRUM,)
    assert name_levels(spine(5), MM, HEIGHT, vertebra_below=True).flags == (NO_SACRUM,)


@pytest.mark.parametrize("pixel", [0.3, 2.5])
def test_a_missing_sacrum_is_told_whatever_the_size_of_a_pixel(pixel: float) -> None:
    found = in_pixels(spine(5, lowest=390), pixel, pixel)
    assert name_levels(found, (pixel, pixel), round(HEIGHT / pixel)).flags == (NO_SACRUM,)


def test_a_small_near_lowest_disc_is_the_sacral_one() -> None:
    found = [*spine(5), disc(330 + 26, 150, width=20)]
    levels = name_levels(found, MM, HEIGHT)
    assert [box.label for box in levels.discs] == [SACRAL, *NAMES[:5]]
    assert levels.flags == (TRANSITIONAL,)
    assert levels.numbers[0] == -1


@pytest.mark.parametrize("lowest", [disc(330 + 36, 140, width=20), disc(330 + 26, 140, width=36)])
def test_a_lowest_disc_unlike_both_is_doubtful(lowest: Detection) -> None:
    levels = name_levels([*spine(5), lowest], MM, HEIGHT)
    assert levels.discs[0].label == "L5/S1"
    assert levels.flags == (TRANSITIONAL,)


def test_nothing_found_is_nothing_named() -> None:
    assert name_levels([], MM, HEIGHT).discs == ()
    assert spacing([], MM) is None


def test_one_disc_is_named() -> None:
    assert names([disc(200, 100)]) == ["L5/S1"]


def test_more_discs_than_a_spine_has_are_cut() -> None:
    assert len(names([disc(1000 - 30 * n, 100) for n in range(25)])) == len(NAMES)


def test_numbers_and_names_belong_together() -> None:
    assert [number_of(name) for name in (SACRAL, "L5/S1", "L1/L2", "T12/L1")] == [-1, 0, 4, 5]
    with pytest.raises(ValueError, match="not in tuple"):
        number_of("C2/C3")


def test_the_scale_of_a_picture_comes_from_the_spacing() -> None:
    assert estimated_pixel_mm(spine(5, step=70))[0] == pytest.approx(TYPICAL_SPACING_MM / 70, rel=0.05)


def test_discs_that_are_no_neighbors_give_the_same_scale() -> None:
    lowest, _, _, fourth, fifth = chain(spine(5, step=70), MM)
    far = estimated_pixel_mm([lowest, fourth], [0, 3])
    assert far == pytest.approx(estimated_pixel_mm([lowest, fourth, fifth], [0, 3, 4]), rel=0.05)
    assert far[0] == pytest.approx(TYPICAL_SPACING_MM / 70, rel=0.05)


def test_discs_as_near_as_in_a_neck_are_refused() -> None:
    with pytest.raises(InputError, match="as in a neck"):
        require_lumbar_size([disc(300 - 17 * n, 100, width=18) for n in range(6)], MM)
    require_lumbar_size(spine(5, step=25), MM)
    require_lumbar_size(spine(1), MM)


def test_two_discs_are_too_few_to_tell_a_neck() -> None:
    require_lumbar_size([disc(300, 100), disc(282, 100)], MM)
