"""Masks as coarse as a detector's, from true shares."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

SMOOTHINGS = (1.0, 1.6, 2.2, 3.0)
"""Standard deviations in pixels: a detector's masks live on pixels four times as large."""

WAVES = 7
"""Knots along a window of the smooth field that bends an outline."""

BEND, GROW = 0.3, 0.12
"""By how much of a share a field bends an outline, at most, and by how much all of it grows or shrinks."""

LEAST_GIVING, FAR = 0.2, 0.02
"""Of a bend, this share holds inside of the body; where the smooth share is lower than that, none does."""

SHIFT = 2
"""Pixels, at most, that a mask lies beside its body."""


def coarse_masks(shares: Tensor, random: np.random.Generator) -> Tensor:
    """Masks 0 or 1 (B, 1, H, W) of ``shares`` 0..1: smooth, bent, shifted and too large or small, each in its way."""
    count, _, height, width = shares.shape
    found = []
    for share in shares:
        smooth = _smoothed(share[None], float(random.choice(SMOOTHINGS)))
        rows, cols = (int(n) for n in random.integers(-SHIFT, SHIFT + 1, 2))
        found.append(torch.roll(smooth, (rows, cols), (2, 3)))
    knots = torch.from_numpy(random.normal(0, 0.5, (count, 1, WAVES, WAVES)).astype(np.float32)).clamp(-1, 1)
    field = functional.interpolate(knots, (height, width), mode="bicubic", align_corners=True)
    strength = torch.from_numpy(random.uniform(0, BEND, (count, 1, 1, 1)).astype(np.float32))
    growth = torch.from_numpy(random.uniform(-GROW, GROW, (count, 1, 1, 1)).astype(np.float32))
    smooth = torch.cat(found)
    # An outline gives way most; what is far from the body is not bent into being.
    gives = (4 * smooth * (1 - smooth)).clamp_min(LEAST_GIVING) * (smooth > FAR)
    return (smooth + (strength * field + growth) * gives > 0.5).float()


def _smoothed(share: Tensor, deviation: float) -> Tensor:
    reach = int(np.ceil(3 * deviation))
    places = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (places / deviation) ** 2)
    kernel = kernel / kernel.sum()
    along = functional.conv2d(share, kernel.view(1, 1, -1, 1), padding=(reach, 0))
    return functional.conv2d(along, kernel.view(1, 1, 1, -1), padding=(0, reach))
