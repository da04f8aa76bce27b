"""Random crops of graded discs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.tasks.disc.crop import CROP_PIXEL_MM, CROP_SHAPE
from torch import Tensor

from orthoai_training.disc.classification.recipe import CropAugmentation, GraderRecipe
from orthoai_training.disc.classification.samples import GradedSample
from orthoai_training.turn_2d import turn_2d

BLACK = 1e-4
"""Gray values below count as 0."""

UNTOLD = -1
"""Stands for what the radiologist does not say of a disc."""


@dataclass(frozen=True)
class GradedBatch:
    """Crops (B, 1, rows, columns) float32 0..1 and what they are.

    Attributes:
        herniated: (B,) float32, 0 or 1; bulging: the same, or UNTOLD.
        grade: (B,) int64, Pfirrmann grade - 1, or UNTOLD.
    """

    crops: Tensor
    herniated: Tensor
    bulging: Tensor
    grade: Tensor


def epoch_batches(
    samples: Sequence[GradedSample], recipe: GraderRecipe, random: np.random.Generator
) -> Iterator[GradedBatch]:
    """Every picture's disc once, in random order, mixed with volume discs to the recipe's share of the crops."""
    pictures = [sample for sample in samples if not sample.from_volume]
    volumes = [sample for sample in samples if sample.from_volume]
    if not pictures:
        pictures, volumes = volumes, []
    wanted = round(len(pictures) * recipe.volume_share / (1 - recipe.volume_share))
    picks = random.permutation(len(volumes))[:wanted]
    mixed = [*pictures, *(volumes[pick] for pick in picks)]
    order = random.permutation(len(mixed))
    # A last batch of one would leave batch normalization without a variance.
    for first in range(0, max(1, len(order) - 1), recipe.batch):
        chosen = [mixed[index] for index in order[first : first + recipe.batch]]
        crops = torch.cat([random_crop(sample, recipe.augmentation, random) for sample in chosen])
        yield batch_of(chosen, changed(crops, recipe.augmentation, random))


def batch_of(samples: Sequence[GradedSample], crops: Tensor) -> GradedBatch:
    """``crops`` with the gradings of ``samples``."""
    return GradedBatch(
        crops,
        torch.tensor([float(sample.grading.herniated) for sample in samples]),
        torch.tensor([float(_number(sample.grading.bulging)) for sample in samples]),
        torch.tensor([_number(sample.grading.pfirrmann, 1) for sample in samples]),
    )


def _number(said: int | None, first: int = 0) -> int:
    """``said`` counted from ``first``."""
    return UNTOLD if said is None else said - first


def plain_batch(samples: Sequence[GradedSample]) -> GradedBatch:
    """The samples as inference sees them."""
    return batch_of(samples, torch.from_numpy(np.stack([sample.crop() for sample in samples]))[:, None])


def random_crop(sample: GradedSample, augmentation: CropAugmentation, random: np.random.Generator) -> Tensor:
    """One crop (1, 1, rows, columns), turned, zoomed and shifted at random; else what ``sample.crop`` gives."""
    angle = np.deg2rad(random.uniform(-augmentation.rotation_degrees, augmentation.rotation_degrees))
    zoom = np.exp(random.uniform(*np.log(augmentation.zoom)))
    mirror = -1.0 if random.random() < augmentation.flip_probability else 1.0
    turn = turn_2d(angle) / zoom
    shift = random.uniform(-augmentation.shift_mm, augmentation.shift_mm, 2)
    theta = _theta(sample, turn @ np.diag([1.0, mirror]), shift)
    grid = torch.nn.functional.affine_grid(theta[None], [1, 1, *CROP_SHAPE], align_corners=False)
    image = torch.from_numpy(np.ascontiguousarray(sample.image))[None, None]
    return torch.nn.functional.grid_sample(image, grid, align_corners=False)


def _theta(sample: GradedSample, turn: NDArray[np.float64], shift_mm: NDArray[np.float64]) -> Tensor:
    """From the crop's coordinates (x, y in -1..1) to the slice's: ``turn`` acts on mm."""
    half_crop = np.array(CROP_SHAPE[::-1]) / 2 * CROP_PIXEL_MM
    pixel_mm = np.array(sample.pixel_mm[::-1])
    half_slice = np.array(sample.image.shape[::-1]) / 2
    center = (np.array(sample.center[::-1]) + 0.5 + shift_mm / pixel_mm) / half_slice - 1
    scale = 1 / (half_slice * pixel_mm)
    return torch.from_numpy(np.column_stack([turn * half_crop * scale[:, None], center]).astype(np.float32))


def changed(crops: Tensor, augmentation: CropAugmentation, random: np.random.Generator) -> Tensor:
    """``crops`` with other gray values, each in its own way; still 0..1."""
    if random.random() < augmentation.blur_probability:
        halved = torch.nn.functional.avg_pool2d(crops, 2)
        crops = torch.nn.functional.interpolate(halved, scale_factor=2.0, mode="bilinear", align_corners=False)
    gamma, gain, offset, noise = (
        torch.from_numpy(random.uniform(*limits, (len(crops), 1, 1, 1)).astype(np.float32))
        for limits in (augmentation.gamma, augmentation.gain, augmentation.offset, augmentation.noise)
    )
    grain = torch.from_numpy(random.standard_normal(crops.shape, np.float32))
    return (crops.clamp_min(BLACK) ** gamma * gain + offset + grain * noise).clamp(0, 1)
