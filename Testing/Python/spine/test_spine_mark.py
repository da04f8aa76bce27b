"""Numbers of bodies on the input's grid, whose surfaces have no steps of working voxels."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.errors import Canceled
from orthoai.geometry import Geometry
from orthoai.spine.mark import marked
from orthoai.spine.stack import Stack
from spine_bodies import sagittal_grid

RADIUS = 14.0
CENTERS = ((0.0, -12.0, 3.0), (0.0, 17.0, -2.0))


def distances(grid: Geometry) -> np.ndarray:
    """(2, K, J, I) mm from the centers of two balls."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")[::-1], axis=-1)
    return np.stack([np.linalg.norm(grid.index_to_lps(index) - center, axis=-1) for center in CENTERS])


@pytest.fixture(scope="module")
def balls() -> tuple[Stack, np.ndarray, np.ndarray, np.ndarray]:
    """Stack, numbers and shares of two balls on sagittal slices of 3 mm, and their numbers on an input of 1 mm."""
    source = Geometry((48, 60, 44), (1.0, 1.0, 1.0), (-21.5, -29.5, -23.5))
    grid = sagittal_grid(0.8)
    own, true = distances(grid), distances(source)
    shares = np.clip(0.5 - (own.min(axis=0) - RADIUS) / 3, 0, 1).astype(np.float32)
    numbers = np.where(shares > 0, 1 + own.argmin(axis=0), 0).astype(np.uint8)
    truth = np.where(true.min(axis=0) < RADIUS, 1 + true.argmin(axis=0), 0).astype(np.uint8)
    return Stack(np.zeros(grid.shape, np.float32), grid, source), numbers, shares, truth


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    return 2 * np.count_nonzero((found == truth) & (truth > 0)) / (np.count_nonzero(found) + np.count_nonzero(truth))


def test_surfaces_run_where_the_shares_reach_the_threshold(balls) -> None:
    stack, numbers, shares, truth = balls
    found = marked(numbers, shares, 0.5, stack, lambda: None)
    assert found.dtype == np.uint8 and found.shape == truth.shape
    steps = stack.back(np.where(shares >= 0.5, numbers, 0).astype(np.uint8))
    assert dice(found, truth) > 0.98
    assert dice(steps, truth) < 0.975


def test_a_higher_threshold_marks_less(balls) -> None:
    stack, numbers, shares, _ = balls
    sizes = [np.count_nonzero(marked(numbers, shares, share, stack, lambda: None)) for share in (0.3, 0.5, 0.7)]
    assert sizes[0] > sizes[1] > sizes[2] > 0


def test_a_cancel_is_heard(balls) -> None:
    stack, numbers, shares, _ = balls

    def check() -> None:
        raise Canceled

    with pytest.raises(Canceled):
        marked(numbers, shares, 0.5, stack, check)
