"""Random crops of labeled slices."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from orthoai_training.disc.segmentation.geometry import crop_grid
from orthoai_training.disc.segmentation.recipe import SliceRecipe
from orthoai_training.disc.segmentation.slices import LabeledSlices, crop_batches, with_neighbors
from orthoai_training.learning.intensity import changed
from orthoai_training.learning.slice_augmentation import SliceAugmentation

STILL = SliceAugmentation(
    rotation_degrees=0,
    zoom=(1, 1),
    stretch=0,
    shift=0,
    gamma=(1, 1),
    gain=(1, 1),
    offset=(0, 0),
    curve_probability=0,
    bias_probability=0,
    noise_probability=0,
    coarse_probability=0,
    single_probability=1,
)


def test_a_crop_without_changes_is_the_middle_of_the_slice():
    image = torch.rand(1, 1, 40, 30)
    grid = crop_grid((40, 30), (20, 10), STILL, np.random.default_rng(0))
    crop = torch.nn.functional.grid_sample(image, grid, align_corners=False)
    torch.testing.assert_close(crop, image[:, :, 10:30, 10:20])


def test_gray_values_without_changes_stay():
    image = torch.rand(2, 3, 16, 16).clamp_min(0.01)
    torch.testing.assert_close(changed(image, STILL, np.random.default_rng(0)), image)


def test_changed_gray_values_stay_in_range():
    strong = SliceAugmentation(curve_probability=1, bias_probability=1, noise_probability=1, coarse_probability=1)
    for seed in range(5):
        image = changed(torch.rand(4, 3, 32, 24), strong, np.random.default_rng(seed))
        assert image.shape == (4, 3, 32, 24)
        assert float(image.min()) >= 0 and float(image.max()) <= 1


def test_neighbors_stop_at_the_ends():
    image = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32)
    assert with_neighbors(image, 0, 1)[:, 0, 0].tolist() == [0, 0, 1]
    assert with_neighbors(image, 3, -2)[:, 0, 0].tolist() == [3, 3, 1]
    assert with_neighbors(image, 2, 0)[:, 0, 0].tolist() == [2, 2, 2]


def test_batch_n_depends_on_the_seed_and_n_alone(tiny_volume):
    cases = [LabeledSlices.of(tiny_volume())]
    recipe = SliceRecipe(crop=(64, 64), batch=3)
    third = next(islice(crop_batches(cases, recipe, 7), 2, None))
    again = next(crop_batches(cases, recipe, 7, first_step=2))
    torch.testing.assert_close(third.image, again.image)
    assert torch.equal(third.labels, again.labels)


def test_image_and_labels_move_together(tiny_volume):
    cases = [LabeledSlices.of(tiny_volume())]
    recipe = SliceRecipe(crop=(64, 64), batch=4, augmentation=replace(STILL, rotation_degrees=20, shift=0.3))
    crops = next(crop_batches(cases, recipe, 1))
    means = [float(crops.image[:, 1][crops.labels == value].mean()) for value in (2, 1, 3)]
    assert means == sorted(means)
    assert means[2] > 0.85 and means[0] < 0.4


def test_paper_augmentation_shows_single_slices(tiny_volume):
    from orthoai_training.disc.segmentation.recipe import PAPER_AUGMENTATION

    cases = [LabeledSlices.of(tiny_volume())]
    crops = next(crop_batches(cases, SliceRecipe(crop=(64, 64), batch=2, augmentation=PAPER_AUGMENTATION), 0))
    torch.testing.assert_close(crops.image[:, 0], crops.image[:, 2])
    assert float(crops.image.max()) <= 1 and crops.labels.max() == pytest.approx(3)
