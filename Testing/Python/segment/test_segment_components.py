"""Connected parts and holes."""

import numpy as np
import pytest
from orthoai.segment.components import fill_holes, largest_parts


def three_parts():
    mask = np.zeros((12, 12, 12), bool)
    mask[1:3, 1:3, 1:3] = True
    mask[5:9, 5:9, 5:9] = True
    mask[10:12, 10:12, 0:1] = True
    return mask


def test_only_the_largest_part_stays():
    kept = largest_parts(three_parts())
    assert kept.sum() == 64
    assert kept[5:9, 5:9, 5:9].all()


def test_two_parts_stay_when_two_are_asked_for():
    kept = largest_parts(three_parts(), 2)
    assert kept.sum() == 64 + 8
    assert not kept[10:12].any()


def test_asking_for_more_parts_than_there_are_keeps_all():
    np.testing.assert_array_equal(largest_parts(three_parts(), 9), three_parts())


def test_voxels_that_touch_at_a_corner_are_two_parts():
    mask = np.zeros((4, 4, 4), bool)
    mask[:2, :2, :2] = True
    mask[2, 2, 2] = True
    assert largest_parts(mask).sum() == 8


@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 1), (0, 4, 4)])
def test_an_empty_mask_stays_empty(shape):
    empty = np.zeros(shape, bool)
    assert largest_parts(empty).shape == shape and not largest_parts(empty).any()
    assert not fill_holes(empty, 5).any()


def test_a_turned_view_is_fine_and_is_not_changed():
    mask = three_parts()
    view = mask[::-1, :, ::-1]
    np.testing.assert_array_equal(largest_parts(view), largest_parts(mask)[::-1, :, ::-1])
    np.testing.assert_array_equal(mask, three_parts())


def test_a_small_enclosed_hole_is_filled_and_a_large_one_is_not():
    mask = np.zeros((12, 12, 12), bool)
    mask[1:11, 1:11, 1:11] = True
    mask[3, 3, 3:5] = False
    mask[6:9, 6:9, 6:9] = False
    filled = fill_holes(mask, 2)
    assert filled[3, 3, 3:5].all()
    assert not filled[6:9, 6:9, 6:9].any()
    assert filled.sum() == mask.sum() + 2
    assert fill_holes(mask, 27).sum() == 1000


def test_what_is_open_to_the_outside_is_no_hole():
    mask = np.zeros((6, 6, 6), bool)
    mask[1:5, 1:5, 1:5] = True
    mask[2, 2, 1:3] = False
    np.testing.assert_array_equal(fill_holes(mask, 100), mask)
