"""Augmentation keeps image and mask together and the values in range."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from orthoai_training.femur.recipes import COMPACT, Augmentation, SegmenterRecipe
from orthoai_training.femur.segmenter.augment import normalize, prepare


def block(size: int = 38) -> tuple[torch.Tensor, torch.Tensor]:
    """An off-center bright box and its mask, (1, 1, size, size, size)."""
    mask = torch.zeros(1, 1, size, size, size, dtype=torch.uint8)
    mask[..., 12:22, 14:22, 8:20] = 1
    return torch.where(mask > 0, 500, -100).to(torch.int16), mask


def recipe(**changes: float | tuple[float, float]) -> SegmenterRecipe:
    return replace(COMPACT.segmenter, patch=(32, 32, 32), augmentation=Augmentation(**changes))  # type: ignore[arg-type]


def test_without_augmentation_the_middle_comes_out_normalized() -> None:
    image, mask = block()
    out, target = prepare(image, mask, recipe(flip_probability=0), seed=0, step=0)
    assert torch.equal(target, mask[..., 3:35, 3:35, 3:35])
    assert torch.equal(out, target.float())


def test_a_flip_mirrors_left_and_right_of_image_and_mask() -> None:
    image, mask = block()
    out, target = prepare(image, mask, recipe(flip_probability=1), seed=0, step=0)
    assert torch.equal(target, mask[..., 3:35, 3:35, 3:35].flip(-1))
    assert torch.equal(out, target.float())


def test_flips_come_in_about_half_of_the_steps() -> None:
    image, mask = block()
    straight = mask[..., 3:35, 3:35, 3:35]
    kept = [torch.equal(prepare(image, mask, recipe(), 0, step)[1], straight) for step in range(60)]
    assert 15 < sum(kept) < 45


@pytest.mark.parametrize("step", range(5))
def test_rotation_and_zoom_move_image_and_mask_alike(step: int) -> None:
    image, mask = block()
    out, target = prepare(image, mask, recipe(affine_probability=1), seed=0, step=step)
    assert not torch.equal(target, mask[..., 3:35, 3:35, 3:35])
    assert torch.equal(out > 0.5, target.bool())
    # Zoom 0.88 to 1.14 along each axis bounds the volume; a cut at the patch would show here.
    assert 0.88**3 * 0.9 < target.sum() / mask.sum() < 1.14**3 * 1.1


def test_a_zoom_alone_scales_the_box_by_its_factor() -> None:
    image, mask = block(40)
    mask[:] = 0
    mask[..., 12:28, 12:28, 12:28] = 1
    zoomed = recipe(flip_probability=0, affine_probability=1, rotation_degrees=0, scale=(1.5, 1.5))
    _, target = prepare(image, mask, zoomed, seed=0, step=0)
    assert target.sum() == 24**3


def test_intensity_changes_keep_the_range_and_leave_the_mask() -> None:
    image, mask = block()
    strong = recipe(
        flip_probability=0,
        gain=(0.8, 1.2),
        offset_hu=(-50, 50),
        noise_probability=1,
        noise_hu=(40, 40),
        blur_probability=1,
    )
    out, target = prepare(image, mask, strong, seed=0, step=0)
    assert torch.equal(target, mask[..., 3:35, 3:35, 3:35])
    assert out.min() >= 0 and out.max() <= 1
    assert out.dtype == torch.float32
    inside = out[target > 0]
    assert inside.std() > 0.01


def test_the_same_step_gives_the_same_patch_and_another_step_another() -> None:
    image, mask = block()
    how = COMPACT.segmenter.augmentation
    same = replace(COMPACT.segmenter, patch=(32, 32, 32), augmentation=replace(how, noise_probability=1.0))
    first, again, other = (prepare(image, mask, same, 4, step)[0] for step in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_normalization_maps_the_range_to_zero_and_one() -> None:
    hu = torch.tensor([-1000.0, -100.0, 200.0, 500.0, 3000.0])
    assert torch.allclose(normalize(hu, (-100.0, 500.0)), torch.tensor([0.0, 0.0, 0.5, 1.0, 1.0]))
