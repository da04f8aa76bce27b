"""Sentences on a spine as a whole: stored back to front, or smaller than the networks have seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.geometry import Geometry
from orthoai.spine.doubts import TURNED, doubts, small
from orthoai.spine.genant import Heights
from orthoai.spine.heights import BodyHeights
from orthoai.spine.measured import Block, MeasuredBody, Surface
from orthoai.spine.stack import PLANES, Stack

GRID = Geometry((18, 160, 120), (1.0, 1.0, 3.0), (-25.5, -59.5, 150.0), PLANES["sagittal"])
MIDDLE = 60
"""Column of the bodies' centers."""


@dataclass(frozen=True)
class Place:
    center: tuple[float, float, float]
    mask: NDArray[np.bool_]
    place: Block
    surface: Surface


def bodies(*depths: float | None, cut: bool = False) -> list[MeasuredBody[Place]]:
    """One above the other; None for a depth that cannot be measured."""
    made = []
    for number, depth in enumerate(depths):
        mask, place = np.ones((1, 1, 1), bool), (slice(9, 10), slice(30, 31), slice(MIDDLE, MIDDLE + 1))
        where = Place((MIDDLE, 30.0 + 30 * number, 9.0), mask, place, (place, mask))
        size = None
        if depth is not None:
            size = BodyHeights(Heights(20.0, 20.0, 20.0), depth, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), np.zeros((3, 2, 3)))
        made.append(MeasuredBody(f"vertebra_{number}", where, (0.0, 0.0, 0.0), size, cut, None, False))
    return made


def stack(behind: float, front: float) -> Stack:
    hu = np.zeros(GRID.shape, np.float32)
    hu[7:11, :, MIDDLE + 35 : MIDDLE + 45] = behind
    hu[7:11, :, MIDDLE - 45 : MIDDLE - 35] = front
    return Stack(hu, GRID, GRID)


@pytest.mark.parametrize(
    ("depths", "told"),
    [
        ((15.0, 16.0, 17.0), (small(16.0),)),
        ((16.0, None, 15.0, 17.0), (small(16.0),)),
        ((20.5, 21.0, 22.0), ()),
        ((19.0, 25.0, 30.0), ()),
        ((15.0, 16.0), ()),
        ((), ()),
    ],
    ids=["neck", "one without heights", "smallest adult from T4 down", "one small", "too few", "none"],
)
def test_a_spine_too_small_for_an_adult_is_told(depths: tuple[float | None, ...], told: tuple[str, ...]) -> None:
    assert doubts(bodies(*depths), stack(600, 0)) == told


def test_bodies_that_the_field_cuts_do_not_tell_how_small_they_are() -> None:
    assert doubts(bodies(15.0, 16.0, 17.0, cut=True), stack(600, 0)) == ()


def test_a_turned_spine_is_told_first_and_its_depth_is_named() -> None:
    assert doubts(bodies(15.0, 16.0, 17.0), stack(0, 600)) == (TURNED, small(16.0))
    assert "16 mm deep" in small(16.0)
