"""From one mask per crop to one label per voxel."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.tasks.femur.assemble import Part, assemble, paste, separate
from orthoai.tasks.femur.crop import crop, with_margin
from orthoai.volume import Volume

GRID = Geometry(shape=(20, 20, 60), spacing=(2.0, 2.0, 2.0))


def part(label: str, low: tuple, high: tuple, mask: np.ndarray, margin_mm: float = 16.0) -> Part:
    """A part whose network saw every voxel of ``mask`` (of the whole volume) that its crop holds."""
    box = Box.from_index(label, 1.0, low, high, GRID)
    own = crop(Volume(np.zeros(GRID.shape, np.int16), GRID), box, margin_mm)
    return Part(own, mask[own.slices].copy())


def bones() -> tuple[np.ndarray, np.ndarray]:
    right = np.zeros(GRID.shape, bool)
    left = right.copy()
    right[2:18, 5:15, 10:26] = True
    left[2:18, 5:15, 30:48] = True
    return left, right


LEFT_BOX = ((29.5, 4.5, 1.5), (47.5, 14.5, 17.5))
RIGHT_BOX = ((9.5, 4.5, 1.5), (25.5, 14.5, 17.5))


def whole(parts, values=(1, 2)) -> np.ndarray:
    labels = np.zeros(GRID.shape, np.uint8)
    paste(parts, values, labels)
    return labels


def test_each_side_keeps_its_own_bone_where_a_crop_shows_both():
    left, right = bones()
    parts = assemble([part("femur_left", *LEFT_BOX, left | right), part("femur_right", *RIGHT_BOX, left | right)])
    assert np.array_equal(whole(parts), left * 1 + right * 2)


def test_a_smaller_own_bone_beats_a_larger_piece_of_the_other():
    left, right = bones()
    left[2:18, 5:15, 34:48] = False
    left_box = ((29.5, 4.5, 1.5), (33.5, 14.5, 17.5))
    parts = assemble([part("femur_left", *left_box, left | right, 30.0), part("femur_right", *RIGHT_BOX, left | right)])
    assert np.array_equal(whole(parts), left * 1 + right * 2)


def test_touching_bones_are_cut_between_their_boxes():
    left, right = bones()
    bridge = np.zeros(GRID.shape, bool)
    bridge[8:12, 8:12, 26:30] = True
    both = left | right | bridge
    parts = assemble([part("femur_left", *LEFT_BOX, both), part("femur_right", *RIGHT_BOX, both)])
    labels = whole(parts)
    assert np.array_equal(labels > 0, both)
    # The boxes end at 25.5 and begin at 29.5.
    assert (labels[bridge & (np.arange(60) < 27.5)] == 2).all()
    assert (labels[bridge & (np.arange(60) > 27.5)] == 1).all()
    assert (labels[left] == 1).all() and (labels[right] == 2).all()


def test_where_boxes_overlap_a_voxel_goes_to_the_bone_it_is_connected_with():
    left, right = bones()
    # The right bone has a spur below the left one, inside both boxes.
    right[2:4, 5:15, 26:33] = True
    left[2:7] = False
    right_box = ((9.5, 4.5, 1.5), (32.5, 14.5, 17.5))
    left_box = ((25.5, 4.5, 1.5), (47.5, 14.5, 17.5))
    both = left | right
    parts = assemble([part("femur_left", *left_box, both), part("femur_right", *right_box, both)])
    assert np.array_equal(whole(parts), left * 1 + right * 2)


def test_no_voxel_is_given_to_both_sides():
    rng = np.random.default_rng(1)
    noise = rng.random(GRID.shape) < 0.7
    a, b = separate(part("femur_left", *LEFT_BOX, noise), part("femur_right", *RIGHT_BOX, noise))
    counts = np.zeros(GRID.shape, int)
    for one in (a, b):
        counts[one.crop.slices] += one.mask
    assert counts.max() == 1
    claimed = np.zeros(GRID.shape, bool)
    for one in (part("femur_left", *LEFT_BOX, noise), part("femur_right", *RIGHT_BOX, noise)):
        claimed[one.crop.slices] |= one.mask
    # Only rules 1 and 3 touch a connected mask; they take a voxel from one side, never from both.
    assert (counts > 0).sum() >= 0.95 * claimed.sum()


def test_crops_that_do_not_meet_are_left_alone():
    left, right = bones()
    a = part("femur_left", *LEFT_BOX, left, margin_mm=0.0)
    b = part("femur_right", *RIGHT_BOX, right, margin_mm=0.0)
    assert separate(a, b) == (a, b)


def test_only_the_largest_part_of_a_side_stays():
    left, _ = bones()
    specks = left.copy()
    specks[0, 0, 55] = specks[19, 19, 30] = True
    parts = assemble([part("femur_left", *LEFT_BOX, specks, margin_mm=40.0)])
    assert np.array_equal(whole(parts, (1,)), left * 1)


def test_a_piece_that_hangs_on_by_a_thin_bridge_is_no_part_of_the_femur():
    left, _ = bones()
    with_piece = left.copy()
    with_piece[10, 10, 48:52] = True
    with_piece[6:14, 6:14, 52:57] = True
    found = whole(assemble([part("femur_left", *LEFT_BOX, with_piece, margin_mm=40.0)]), (1,)) == 1
    assert found[left].all()
    assert not found[..., 52:].any()


def test_a_speck_is_no_femur():
    speck = np.zeros(GRID.shape, bool)
    speck[10, 10, 40:44] = True
    assert assemble([part("femur_left", *LEFT_BOX, speck)]) == []
    assert assemble([]) == []


# Crops


def test_a_crop_adds_the_margin_in_millimeters_on_every_face():
    grid = Geometry(shape=(100, 100, 100), spacing=(1.0, 2.0, 4.0))
    box = Box.from_index("femur_left", 1.0, (29.5, 29.5, 29.5), (49.5, 49.5, 49.5), grid)
    start, stop = with_margin(box, grid, 8.0)
    assert start == (22, 26, 28)
    assert stop == (58, 54, 52)
    assert with_margin(box, grid, 0.0) == ((30, 30, 30), (50, 50, 50))


def test_a_femur_that_reaches_a_centimeter_past_its_box_is_in_the_crop():
    box = Box.from_index("femur_left", 1.0, (19.5, 7.5, 7.5), (29.5, 12.5, 12.5), GRID)
    start, stop = with_margin(box, GRID)
    assert np.less_equal(start, (15, 3, 3)).all() and np.greater_equal(stop, (34, 17, 17)).all()


def test_a_crop_ends_with_the_volume():
    box = Box.from_index("femur_left", 1.0, (-3.0, 5.0, 17.0), (5.0, 9.0, 40.0), GRID)
    assert with_margin(box, GRID, 4.0) == ((0, 3, 15), (8, 12, 20))


@pytest.mark.parametrize("low", [(-30.0, 2.0, 2.0), (90.0, 2.0, 2.0)])
def test_a_box_outside_the_volume_gives_an_empty_crop(low):
    box = Box.from_index("femur_left", 1.0, low, tuple(edge + 5 for edge in low), GRID)
    start, stop = with_margin(box, GRID, 0.0)
    assert start[0] == stop[0]
