"""Bodies along a spine: which are cut, what is missing, and what a grade is held against."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.geometry import Geometry
from orthoai.segment.components import tight_box
from orthoai.spine.genant import Heights
from orthoai.spine.measured import CUT, GAP, NOT_MEASURED, Block, MeasuredBody, is_cut, measured
from orthoai.spine.stack import OUTSIDE_HU, PLANES, Stack
from spine_bodies import draw, turned

GRID = Geometry((18, 200, 70), (1.0, 1.0, 3.0), (-25.5, -34.5, 170.0), PLANES["sagittal"])

STACK = Stack(np.zeros(GRID.shape, np.float32), GRID, GRID)

NORMAL = Heights(22.0, 23.0, 26.0)


@dataclass(frozen=True, eq=False)
class DrawnBody:
    place: Block
    mask: NDArray[np.bool_]

    @property
    def center(self) -> tuple[float, float, float]:
        slices, rows, columns = np.argwhere(self.mask).mean(axis=0) + [span.start for span in self.place]
        return columns, rows, slices

    @property
    def surface(self) -> tuple[Block, NDArray]:
        return self.place, self.mask


def drawn(height_mm: float, heights: Heights = NORMAL, lean: float = 0.0) -> DrawnBody:
    """A body so high in the patient."""
    mask = draw(heights, GRID, turned(lean), (0.0, 0.0, height_mm)) > 0.5
    place = tight_box(mask)
    assert place is not None
    return DrawnBody(place, mask[place])


def along(bodies: list[DrawnBody], stack: Stack = STACK, asked: int = 0) -> list[MeasuredBody[DrawnBody]]:
    return measured(bodies, stack, lambda bodies, heights: [False] * len(bodies), asked)


def test_a_missing_vertebra_is_told_of_the_one_below_and_the_one_above() -> None:
    found = along([drawn(z) for z in (140, 0, 30, 110)])
    assert [GAP in each.flags for each in found] == [False, True, True, False]


def test_a_body_that_was_asked_for_stays_before_a_larger_one_in_its_place() -> None:
    small, large, above = drawn(30, Heights(12, 12, 12)), drawn(30), drawn(62)
    assert [each.body for each in along([small, large, above])] == [large, above]
    assert [each.body for each in along([small, large, above], asked=1)] == [small, above]


@pytest.mark.parametrize(("lean", "measures"), [(40.0, True), (55.0, False)])
def test_an_outline_that_lies_across_the_spine_is_not_measured(lean: float, measures: bool) -> None:
    found = along([drawn(0), drawn(30), drawn(62, lean=lean), drawn(94), drawn(124)])
    assert [NOT_MEASURED in each.flags for each in found] == [False, False, not measures, False, False]
    assert bool(found[2].measurements) == measures


@pytest.mark.parametrize(("margin", "cut"), [(1, True), (4, False)])
def test_a_body_next_to_what_was_not_scanned_is_cut_and_measures_no_neighbor(margin: int, cut: bool) -> None:
    low, bodies = drawn(0, Heights(20, 20, 24)), [drawn(z) for z in (30, 60)]
    hu = STACK.hu.copy()
    hu[:, low.place[1].stop + margin :] = OUTSIDE_HU
    found = along([low, *bodies], replace(STACK, hu=hu))
    assert [CUT in each.flags for each in found] == [cut, False, False]
    assert bool(found[0].measurements) != cut
    grading = found[1].grading
    assert grading is not None
    assert grading.expected.middle == pytest.approx(23 if cut else (23 + 20) / 2, abs=0.7)


@pytest.mark.parametrize("dark", [(slice(-3, None), slice(None)), (slice(12, 15), slice(8, 25))], ids=["lung", "cleft"])
def test_gas_in_a_cleft_or_a_lung_is_not_taken_for_what_was_not_scanned(dark: tuple[slice, slice]) -> None:
    """A cleft of gas is the very sign of a fracture; a thin layer of air lies at the chest's vertebrae."""
    body = drawn(30)
    hu = STACK.hu.copy()
    rows, columns = dark
    s, r, c = body.place
    hu[s, r, c][:, rows, columns] = OUTSIDE_HU
    assert not is_cut(body, replace(STACK, hu=hu))


def test_a_corner_that_was_not_scanned_cuts_a_body_at_the_end_of_the_stack() -> None:
    """A tilted scan leaves strips between itself and the end of the stack, however thin."""
    body = drawn(30)
    s, r, c = body.place
    part = (slice(None), slice(r.start - 4, r.stop + 4), slice(c.start - 4, c.stop + 4))
    hu = STACK.hu[part].copy()
    hu[:, :, :3] = OUTSIDE_HU
    moved = DrawnBody((s, slice(4, 4 + r.stop - r.start), slice(4, 4 + c.stop - c.start)), body.mask)
    assert is_cut(moved, Stack(hu, GRID.cropped((c.start - 4, r.start - 4, 0), (c.stop + 4, r.stop + 4, 18)), GRID))


@pytest.mark.parametrize(
    ("left", "right", "cut"),
    [(9, 0, True), (0, 9, True), (3, 0, False), (0, 3, False), (0, 0, False)],
    ids=["left half", "right half", "just beyond the left side", "just beyond the right side", "whole"],
)
@pytest.mark.parametrize("padded", [False, True])
def test_a_body_that_the_scan_cuts_sideways_is_cut_and_one_that_ends_inside_is_not(
    left: int, right: int, cut: bool, padded: bool
) -> None:
    """``left`` and ``right`` slices were not scanned; the body lies in slices 2 to 15, or 4 to 13."""
    whole = draw(NORMAL, GRID, center=(0.0, 0.0, 30.0)) > 0.5
    if not cut:
        whole[[2, 3, -3, -4]] = False
    seen = slice(left, len(whole) - right)
    hu = STACK.hu.copy()
    hu[:left] = hu[len(hu) - right :] = OUTSIDE_HU
    mask = np.zeros_like(whole)
    mask[seen] = whole[seen]
    place = tight_box(mask)
    assert place is not None
    scanned = GRID if padded else GRID.cropped((0, 0, seen.start), (*GRID.size[:2], seen.stop))
    assert is_cut(DrawnBody(place, mask[place]), Stack(hu, GRID, scanned)) == cut


def test_a_body_that_loses_a_sliver_at_its_tapering_side_is_not_cut() -> None:
    mask = draw(NORMAL, GRID, center=(0.0, 0.0, 30.0)) > 0.5
    first = int(np.flatnonzero(mask.any(axis=(1, 2)))[0])
    front = np.flatnonzero(mask[first].any(axis=0))
    mask[first][:, front[: len(front) // 3]] = False
    place = tight_box(mask)
    assert place is not None
    scanned = GRID.cropped((0, 0, first), GRID.size)
    assert not is_cut(DrawnBody(place, mask[place]), Stack(STACK.hu, GRID, scanned))


def test_the_posterior_ratio_is_over_the_posterior_height_expected() -> None:
    found = along([drawn(0), drawn(30, Heights(22.0, 20.0, 13.0)), drawn(60)])
    assert found[1].measurements["posterior_ratio"].value == pytest.approx(13 / 26, abs=0.04)
