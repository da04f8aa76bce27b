"""What of a mask lies deep inside it."""

import numpy as np
import pytest
from orthoai.segment.shrink import shrunk


def _plainly(mask: np.ndarray, reach: tuple[int, ...]) -> np.ndarray:
    """Voxel by voxel: whether its box holds no voxel outside the mask."""
    inside = np.zeros_like(mask)
    for place in np.ndindex(mask.shape):
        box = tuple(slice(max(0, at - n), at + n + 1) for at, n in zip(place, reach, strict=True))
        inside[place] = mask[box].all()
    return inside


@pytest.mark.parametrize("reach", [(1, 1, 1), (2, 0, 1), (0, 0, 0), (2, 2, 2), (9, 0, 0)])
def test_what_stays_has_the_mask_all_around_it(reach: tuple[int, int, int]) -> None:
    mask = np.random.default_rng(0).random((9, 8, 7)) < 0.97
    before = mask.copy()
    np.testing.assert_array_equal(shrunk(mask, reach), _plainly(mask, reach))
    np.testing.assert_array_equal(mask, before)


def test_the_edge_of_the_image_is_no_surface() -> None:
    assert shrunk(np.ones((3, 4, 5), bool), (2, 2, 2)).all()
