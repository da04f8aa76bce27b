"""Random views of samples, and the plain ones of a validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.tasks.ovf.outline_network import OUTLINE_SIZE, SLICES
from torch import Tensor

from orthoai_training.ovf.outline.coarse import coarse_masks
from orthoai_training.ovf.outline.recipe import OutlineRecipe
from orthoai_training.ovf.outline.samples import SIDE, Samples
from orthoai_training.turn_2d import turn_2d


@dataclass(frozen=True)
class Batch:
    """``seen`` (B, SLICES + 1, S, S) 0..1, as the network gets it, and ``shares`` (B, 1, S, S) to be told."""

    seen: Tensor
    shares: Tensor


def random_batch(samples: Samples, recipe: OutlineRecipe, seed: int, step: int) -> Batch:
    """Batch number ``step``: turned, zoomed, shifted, with other gray values."""
    random = np.random.default_rng((seed, step))
    chosen = torch.from_numpy(samples[np.sort(random.integers(len(samples), size=recipe.batch))]).float() / 255
    theta = torch.from_numpy(np.stack([_turn(recipe, random) for _ in range(recipe.batch)]))
    shape = [recipe.batch, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE]
    grid = torch.nn.functional.affine_grid(theta, shape, align_corners=False)
    turned = torch.nn.functional.grid_sample(chosen, grid, align_corners=False)
    gray, shares = turned[:, :SLICES], turned[:, SLICES:]
    return Batch(torch.cat([_regrayed(gray, recipe, random), coarse_masks(shares, random)], 1), shares)


def plain_batches(samples: Samples, size: int, seed: int) -> list[Batch]:
    """All ``samples``, upright and centered, in batches of ``size``."""
    random = np.random.default_rng(seed)
    start = (SIDE - OUTLINE_SIZE) // 2
    inner = samples[:, :, start : start + OUTLINE_SIZE, start : start + OUTLINE_SIZE]
    found = []
    for first in range(0, len(inner), size):
        part = torch.from_numpy(inner[first : first + size].astype(np.float32)) / 255
        shares = part[:, SLICES:]
        found.append(Batch(torch.cat([part[:, :SLICES], coarse_masks(shares, random)], 1), shares))
    return found


def _turn(recipe: OutlineRecipe, random: np.random.Generator) -> NDArray[np.float32]:
    """Matrix (2, 3) from a view's coordinates -1..1 to those of its sample."""
    angle = np.deg2rad(random.uniform(-recipe.degrees, recipe.degrees))
    scale = OUTLINE_SIZE / SIDE / random.uniform(1 - recipe.zoom, 1 + recipe.zoom)
    turn = scale * turn_2d(angle)
    shift = random.uniform(-recipe.shift, recipe.shift, (2, 1)) * 2 / SIDE
    return np.concatenate([turn, shift], axis=1).astype(np.float32)


def _regrayed(gray: Tensor, recipe: OutlineRecipe, random: np.random.Generator) -> Tensor:
    """Another gain, level and noise; the black around the scan stays black."""
    count = len(gray)
    gain = torch.from_numpy(random.uniform(*recipe.gain, (count, 1, 1, 1)).astype(np.float32))
    level = torch.from_numpy(random.uniform(*recipe.level, (count, 1, 1, 1)).astype(np.float32))
    noise = random.standard_normal(gray.shape, np.float32) * random.uniform(0, recipe.noise, (count, 1, 1, 1))
    changed = (gray * gain + level + torch.from_numpy(noise.astype(np.float32))).clamp(0, 1)
    return torch.where(gray > 0, changed, 0.0)
