"""Heights between endplates whose rims are rounded, or are not though they look like it."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.spine.body_frame import Columns
from orthoai.spine.endplates import SITES, Endplates
from orthoai.spine.heights import measure_body
from orthoai.spine.spans import Spans
from spine_bodies import DEPTH, draw, sagittal_grid, turned
from test_spine_heights import BODIES

HALF = 10.0
SPANS = Spans(front=-15.0, back=15.0, first=-15.0, last=15.0)


def heights(upper: np.ndarray, lower: np.ndarray, y: np.ndarray, filled: np.ndarray | None = None) -> list[float]:
    """Anterior, middle and posterior height between endplates that are the same in all columns side by side."""
    x = np.arange(-2, 3) * 2.5
    seen = np.broadcast_to(np.ones(y.size, bool) if filled is None else filled, (5, y.size))
    columns = Columns(x, y, np.zeros((5, y.size, 1), np.float32), seen, np.tile(upper, (5, 1)), np.tile(lower, (5, 1)))
    ends = [Endplates.of(columns).ends(SPANS, site) for site in SITES]
    return [upper - lower for lower, upper in ends]


@pytest.fixture
def y() -> np.ndarray:
    return np.arange(-20, 21) * 0.75


def test_an_endplate_is_carried_on_over_its_rounded_rim(y: np.ndarray) -> None:
    fall = 1.5 * np.clip(y - 9.75, 0, None)
    assert heights(HALF - fall, -HALF + fall, y) == pytest.approx([20.0, 20.0, 20.0])


def test_the_rim_of_one_plate_at_one_end_changes_that_end_alone(y: np.ndarray) -> None:
    tilt = 0.15 * y
    fall = np.clip(-9.0 - y, 0, None)
    found = heights(HALF + tilt, -HALF - tilt + 0.8 * fall, y)
    assert found == pytest.approx([20 - 0.3 * 12, 20.0, 20 + 0.3 * 12])


def test_the_front_of_a_wedge_is_no_rim(y: np.ndarray) -> None:
    """A third of its height is lost over the front half."""
    fall = np.clip(-y, 0, None) * 0.3
    found = heights(HALF - fall, -HALF + fall, y)
    assert found == pytest.approx([20 - 0.6 * 12, 20.0, 20.0], abs=0.3)


def test_a_dish_that_ends_in_a_level_rim_is_not_carried_on(y: np.ndarray) -> None:
    rise = np.clip(np.abs(y) - 4, 0, 6.5) * 0.6
    found = heights(HALF + rise, -HALF - rise, y)
    assert found == pytest.approx([20 + 2 * 3.9, 20.0, 20 + 2 * 3.9], abs=1.0)
    assert found[1] == pytest.approx(20.0)


def test_a_plate_that_rises_to_its_lip_is_carried_on_no_higher_than_the_lip(y: np.ndarray) -> None:
    plate = HALF + np.interp(y, [6.0, 10.5, 15.0], [0.0, 3.0, -3.0])
    found = heights(plate, np.full(y.size, -HALF), y)
    assert found[2] == pytest.approx(20 + 3.0)


def test_where_no_endplate_is_seen_there_is_no_height(y: np.ndarray) -> None:
    flat = np.full(y.size, HALF)
    found = heights(flat, -flat, y, filled=y > 0)
    assert np.isnan(found[0]) and found[2] == pytest.approx(20.0)
    assert np.isnan(heights(flat, -flat, y, filled=np.zeros(y.size, bool))).all()


def test_a_bevel_of_the_lower_back_rim_changes_no_height() -> None:
    """Read where the bevel is, the back of this body is 1.6 mm too low."""
    grid, axes, truth = sagittal_grid(0.8), turned(10.0), BODIES["lordotic"]
    shares = draw(truth, grid, axes, fine=2)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")[::-1], axis=-1)
    _, back, up = np.moveaxis(grid.index_to_lps(index) @ axes, -1, 0)
    plate = np.polyval(np.polyfit([-0.4 * DEPTH, 0.0, 0.4 * DEPTH], np.asarray(truth) / -2, 2), back)
    shares[up < plate + 0.8 * np.clip(back - (DEPTH / 2 - 6), 0, None)] = 0
    found = measure_body(shares, grid)
    assert found is not None
    np.testing.assert_allclose(found.heights, truth, atol=0.5)
