"""Single bodies out of a map of all of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.geometry import Geometry
from orthoai.spine.separate import separated

GRID = Geometry((16, 120, 60), (1.0, 1.0, 3.0), (0.0, 0.0, 0.0))


def column(*tops: int, bridge: int = 0) -> NDArray[np.float32]:
    """Bodies of 24 x 30 pixels in 12 slices, from rows ``tops``; a bridge of so many pixels joins them."""
    found = np.zeros(GRID.shape, np.float32)
    for top in tops:
        found[2:14, top : top + 24, 15:45] = 0.9
    if bridge:
        found[2:14, tops[0] : tops[-1] + 24, 15 : 15 + bridge] = 0.9
    return found


def test_bodies_apart_are_single_ones() -> None:
    found = separated(column(5, 45, 85), GRID)
    assert sorted(round(body.center[1]) for body in found.bodies) == [16, 56, 96]
    for body in found.bodies:
        assert np.count_nonzero(body.mask) == pytest.approx(24 * 30 * 12, rel=0.03)
        assert (found.basins[body.place][body.mask] == body.number).all()


def test_a_bridge_in_front_does_not_join_two() -> None:
    found = separated(column(5, 34, 63, bridge=5), GRID)
    assert len(found.bodies) == 3
    sizes = [np.count_nonzero(body.mask) for body in found.bodies]
    assert min(sizes) > 0.9 * max(sizes)


def test_one_body_with_a_waist_stays_one() -> None:
    waist = column(30)
    waist[2:14, 30:34, 25:35] = 0.0
    waist[2:14, 50:54, 25:35] = 0.0
    assert len(separated(waist, GRID).bodies) == 1


def test_small_parts_and_nothing_at_all_are_no_body() -> None:
    small = np.zeros(GRID.shape, np.float32)
    small[4:8, 10:20, 10:20] = 0.9
    assert separated(small, GRID).bodies == ()
    nothing = separated(np.zeros(GRID.shape, np.float32), GRID)
    assert nothing.bodies == () and not nothing.basins.any()


def test_the_threshold_is_the_surface() -> None:
    assert separated(column(5), GRID, 0.95).bodies == ()
    assert len(separated(column(5), GRID, 0.85).bodies) == 1


def test_the_smallest_body_is_told_in_cubic_centimeters() -> None:
    grid = Geometry((20, 60, 60), (0.8, 0.8, 3.0))
    body = np.zeros(grid.shape, np.float32)
    body[4:12, 20:40, 20:33] = 1  # 4 cm3, as a crushed T4.
    assert len(separated(body, grid).bodies) == 1
    body[:, 30:] = 0  # 2 cm3.
    assert separated(body, grid).bodies == ()
