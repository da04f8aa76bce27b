"""Patches: where they lie, what they hold, and that reading ahead changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai_training.femur.recipes import Augmentation, SegmenterRecipe
from orthoai_training.femur.segmenter.crop_store import HIP_SHARE, KNEE_SHARE, open_crop, open_crops, surface_centers
from orthoai_training.femur.segmenter.patches import AIR_HU, batches, choose_center, make_batch, read_block

MakeCrops = Callable[..., Path]


def test_a_block_inside_is_the_voxels_and_outside_is_the_fill() -> None:
    array = np.arange(4 * 5 * 6).reshape(4, 5, 6)
    np.testing.assert_array_equal(read_block(array, np.array([2, 2, 2]), (2, 2, 2), -1), array[1:3, 1:3, 1:3])
    corner = read_block(array, np.array([0, 0, 0]), (4, 4, 4), -1)
    np.testing.assert_array_equal(corner[2:, 2:, 2:], array[:2, :2, :2])
    assert (corner[:2] == -1).all()
    assert (read_block(array, np.array([50, 50, 50]), (2, 2, 2), -1) == -1).all()


def test_random_patches_reach_every_voxel_of_a_crop(make_crops: MakeCrops, tiny: SegmenterRecipe) -> None:
    crop = open_crops(make_crops(), "train")[0]
    seen = np.zeros(crop.image.shape, bool)
    rng = np.random.default_rng(0)
    for _ in range(400):
        center = choose_center(crop, replace(tiny, near_femur=0.0), rng)
        start = center - 12
        assert (start >= 0).all() and (start + 24 <= crop.image.shape).all()
        seen[tuple(slice(a, a + 24) for a in start)] = True
    assert seen.all()


def test_aimed_patches_hold_the_surface(make_crops: MakeCrops, tiny: SegmenterRecipe) -> None:
    crop = open_crops(make_crops(), "train")[0]
    rng = np.random.default_rng(0)
    for _ in range(100):
        block = read_block(crop.mask, choose_center(crop, replace(tiny, near_femur=1.0), rng), tiny.patch, 0)
        assert 0 < block.sum() < block.size


def test_surface_and_ends_of_a_bone_are_found() -> None:
    mask = np.zeros((104, 9, 9), np.uint8)
    mask[2:102, 3:6, 3:6] = 1
    centers, ends = surface_centers(mask, np.random.default_rng(0))
    # Of each 3x3 slice all but the middle voxel, and the middle ones of the first and last slice.
    assert len(centers) == 100 * 8 + 2
    assert mask[tuple(centers.T)].all()
    low, high = ends[ends[:, 0] < 52, 0], ends[ends[:, 0] >= 52, 0]
    assert low.max() <= 2 + KNEE_SHARE * 99 < low.max() + 1
    assert high.min() >= 101 - HIP_SHARE * 99 > high.min() - 1


def test_a_mask_at_the_border_of_a_crop_has_its_surface_there() -> None:
    mask = np.ones((3, 3, 3), np.uint8)
    centers, _ = surface_centers(mask, np.random.default_rng(0))
    assert len(centers) == 26


def test_a_crop_smaller_than_the_patch_is_centered_in_air(make_crops: MakeCrops, tiny: SegmenterRecipe) -> None:
    crops = open_crops(make_crops(shape=(20, 14, 14)), "train")
    recipe = replace(tiny, near_femur=0.0, patch=(24, 24, 24), augmentation=Augmentation())
    batch = make_batch(crops, recipe, seed=0, step=0)
    assert (batch.image[:, 0, :2] == AIR_HU).all() and (batch.image[:, 0, :, :5] == AIR_HU).all()
    np.testing.assert_array_equal((batch.image != AIR_HU).sum(axis=(1, 2, 3, 4)), 20 * 14 * 14)


def test_reading_ahead_gives_the_same_batches_from_any_step(make_crops: MakeCrops, tiny: SegmenterRecipe) -> None:
    crops = open_crops(make_crops(), "train")
    source = batches(crops, tiny, seed=5, first_step=2)
    for step, batch in zip((2, 3, 4), islice(source, 3), strict=True):
        expected = make_batch(crops, tiny, seed=5, step=step)
        assert batch.step == step
        np.testing.assert_array_equal(batch.image, expected.image)
        np.testing.assert_array_equal(batch.mask, expected.mask)
    source.close()
    assert not np.array_equal(make_batch(crops, tiny, 5, 2).image, make_batch(crops, tiny, 5, 3).image)


def test_a_failure_while_reading_ahead_reaches_the_trainer(make_crops: MakeCrops, tiny: SegmenterRecipe) -> None:
    crop = open_crops(make_crops(), "train")[0]
    broken = replace(crop, image=np.zeros((2, 2)))
    with pytest.raises(ValueError):
        next(batches([broken], tiny, seed=0))


def test_crops_are_plain_arrays_without_pickle(make_crops: MakeCrops) -> None:
    folder = make_crops() / "train" / "rod_0"
    crop = open_crop(folder)
    assert isinstance(crop.image, np.memmap) and crop.image.dtype == np.int16
    assert isinstance(crop.mask, np.memmap) and crop.mask.dtype == np.uint8
    np.save(folder / "mask.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="incomplete or damaged"):
        open_crop(folder)


def test_a_damaged_crop_is_told(make_crops: MakeCrops) -> None:
    folder = make_crops() / "train" / "rod_0"
    (folder / "image.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(InputError, match="rod_0 is incomplete or damaged"):
        open_crop(folder)
