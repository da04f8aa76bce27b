"""Surface distances: known answers, and the same as MONAI's own functions on the whole volume."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.metrics import compute_hausdorff_distance, compute_surface_dice
from orthoai_training.evaluate.surface import cropped_masks, label_boxes, surface_scores

SPACING = (1.5, 2.0, 3.0)
"""mm along i, j, k."""


def ball(
    center: tuple[float, float, float], radius_mm: float, shape: tuple[int, int, int] = (24, 32, 40)
) -> np.ndarray:
    """Mask (K, J, I) of the voxels within ``radius_mm`` of ``center`` (k, j, i)."""
    grid = np.indices(shape).transpose(1, 2, 3, 0) - np.asarray(center)
    return (grid * SPACING[::-1]) ** 2 @ np.ones(3) <= radius_mm**2


def slab(first: int, last: int) -> np.ndarray:
    mask = np.zeros((20, 20, 30), bool)
    mask[:, :, first:last] = True
    return mask


@pytest.mark.parametrize("shift", [0, 1, 2, 4])
def test_two_slabs_lie_as_far_apart_as_they_were_shifted(shift):
    # One voxel thick, so every voxel is surface, and all of them lie shift voxels away.
    scores = surface_scores(slab(10, 11), slab(10 + shift, 11 + shift), SPACING)
    assert scores.hd95_mm == pytest.approx(1.5 * shift)
    assert scores.surface_dice_1mm == (1.0 if 1.5 * shift <= 1 else 0.0)
    assert scores.surface_dice_2mm == (1.0 if 1.5 * shift <= 2 else 0.0)


def test_a_larger_ball_lies_the_difference_of_the_radii_away():
    scores = surface_scores(ball((12, 16, 20), 12), ball((12, 16, 20), 18), SPACING)
    assert scores.hd95_mm == pytest.approx(6, abs=1.5)


@pytest.mark.parametrize("center", [(12, 16, 22), (10, 14, 26), (9, 9, 12)])
def test_the_figures_are_those_of_monai_on_the_whole_volume(center):
    truth, found = ball((12, 16, 20), 14), ball(center, 11)
    labels = truth.astype(np.uint8), found.astype(np.uint8)
    cropped = cropped_masks(*labels, 1, (label_boxes(labels[0]), label_boxes(labels[1])))
    assert cropped[0].size < truth.size
    scores = surface_scores(*cropped, SPACING)
    batch = [torch.from_numpy(mask)[None, None].float() for mask in (found, truth)]
    steps = SPACING[::-1]
    hd95 = compute_hausdorff_distance(*batch, include_background=True, percentile=95, spacing=steps)
    assert scores.hd95_mm == pytest.approx(float(hd95), rel=1e-5)
    for tolerance, own in ((1.0, scores.surface_dice_1mm), (2.0, scores.surface_dice_2mm)):
        dice = compute_surface_dice(*batch, [tolerance], include_background=True, spacing=steps)
        assert own == pytest.approx(float(dice), rel=1e-5)


def test_masks_at_the_edge_of_the_scan_keep_their_distances():
    truth = np.zeros((12, 10, 10), np.uint8)
    truth[0:6, 2:6, 2:6] = 1
    found = np.zeros_like(truth)
    found[0:8, 2:6, 2:6] = 1
    cropped = cropped_masks(truth, found, 1, (label_boxes(truth), label_boxes(found)))
    assert surface_scores(*cropped, SPACING) == surface_scores(truth > 0, found > 0, SPACING)


def test_nothing_found_has_no_distance_and_no_surface_in_common():
    scores = surface_scores(slab(3, 9), np.zeros((20, 20, 30), bool), SPACING)
    assert (scores.hd95_mm, scores.surface_dice_1mm, scores.surface_dice_2mm) == (None, 0.0, 0.0)


def test_label_boxes_are_the_tightest_slices_of_each_label():
    labels = np.zeros((6, 7, 8), np.uint8)
    labels[1:3, 2:5, 4:8] = 2
    assert label_boxes(labels) == {2: (slice(1, 3), slice(2, 5), slice(4, 8))}
    assert label_boxes(labels[::-1, :, ::-1]) == {2: (slice(3, 5), slice(2, 5), slice(0, 4))}
