"""Random gray values: what other coils, sequences and resolutions would have made of the same slice."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from orthoai_training.learning.slice_augmentation import Range, SliceAugmentation

CURVE_KNOTS = 6
BIAS_KNOTS = 3
BLACK = 1e-4
"""Gray values below count as 0: their gamma would have no gradient and no meaning."""


def changed(image: Tensor, augmentation: SliceAugmentation, random: np.random.Generator) -> Tensor:
    """``image`` (B, C, H, W) 0..1 with each picture changed in its own way; still 0..1."""
    if random.random() < augmentation.coarse_probability:
        image = _coarse(image, augmentation.coarse, random)
    image = _toned(image, augmentation, random)
    image = _biased(image, augmentation, random)
    gamma, gain, offset = (
        _each(image, random, *limits) for limits in (augmentation.gamma, augmentation.gain, augmentation.offset)
    )
    image = image.clamp_min(BLACK) ** gamma * gain + offset
    deviation = _each(image, random, *augmentation.noise) * _chosen(image, random, augmentation.noise_probability)
    if float(deviation.max()) > 0:
        noise = random.standard_normal(image.shape, np.float32)
        image = image + torch.from_numpy(noise) * deviation
    return image.clamp(0, 1)


def _coarse(image: Tensor, factors: Range, random: np.random.Generator) -> Tensor:
    """As if scanned with larger pixels, each axis on its own."""
    height, width = image.shape[2:]
    small = [max(8, round(side / random.uniform(*factors))) for side in (height, width)]
    shrunk = torch.nn.functional.interpolate(image, small, mode="bilinear", antialias=True, align_corners=False)
    return torch.nn.functional.interpolate(shrunk, (height, width), mode="bilinear", align_corners=False)


def _toned(image: Tensor, augmentation: SliceAugmentation, random: np.random.Generator) -> Tensor:
    """Blended with a random piecewise linear curve of itself."""
    share = _each(image, random, 0, augmentation.curve_share)
    share = share * _chosen(image, random, augmentation.curve_probability)
    if float(share.max()) == 0:
        return image
    knots = torch.from_numpy(random.random((len(image), CURVE_KNOTS), np.float32))
    place = image * (CURVE_KNOTS - 1)
    below = place.long().clamp(0, CURVE_KNOTS - 2)
    low = knots.gather(1, below.flatten(1)).view_as(image)
    high = knots.gather(1, below.flatten(1) + 1).view_as(image)
    return torch.lerp(image, torch.lerp(low, high, place - below), share)


def _biased(image: Tensor, augmentation: SliceAugmentation, random: np.random.Generator) -> Tensor:
    """Times a smooth field: the coil is nearer to one side."""
    strength = augmentation.bias_strength * _chosen(image, random, augmentation.bias_probability)
    if float(strength.max()) == 0:
        return image
    field = random.uniform(-1, 1, (len(image), 1, BIAS_KNOTS, BIAS_KNOTS)).astype(np.float32)
    smooth = torch.nn.functional.interpolate(
        torch.from_numpy(field), list(image.shape[2:]), mode="bilinear", align_corners=True
    )
    return image * (1 + strength * smooth)


def _each(image: Tensor, random: np.random.Generator, low: float, high: float) -> Tensor:
    """One number per picture (B, 1, 1, 1)."""
    return torch.from_numpy(random.uniform(low, high, (len(image), 1, 1, 1)).astype(np.float32))


def _chosen(image: Tensor, random: np.random.Generator, probability: float) -> Tensor:
    """1 for the pictures that a change hits, else 0."""
    return torch.from_numpy((random.random((len(image), 1, 1, 1)) < probability).astype(np.float32))
