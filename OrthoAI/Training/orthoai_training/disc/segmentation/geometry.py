"""Where a random crop lies in a slice."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from orthoai_training.learning.slice_augmentation import SliceAugmentation
from orthoai_training.turn_2d import turn_2d


def crop_grid(
    source: tuple[int, int], crop: tuple[int, int], augmentation: SliceAugmentation, random: np.random.Generator
) -> Tensor:
    """The sampling grid (1, H, W, 2) of ``torch.nn.functional.grid_sample`` (align_corners=False) for one crop.

    Args:
        source: pixels (rows, columns) of the slice.
        crop: pixels of the crop, of the same size in mm but for the zoom.
    """
    angle = np.deg2rad(random.uniform(-augmentation.rotation_degrees, augmentation.rotation_degrees))
    zoom = np.exp(random.uniform(*np.log(augmentation.zoom)))
    stretch = np.exp(random.uniform(-augmentation.stretch, augmentation.stretch) / 2)
    flip = -1.0 if random.random() < augmentation.flip_probability else 1.0
    turn = turn_2d(angle)
    # Offsets in the crop (x, y), in pixels, to offsets in the slice; a larger zoom reaches less far.
    reach = turn @ np.diag([flip * stretch / zoom, 1 / (stretch * zoom)])
    # The center keeps away from the edges by what the crop needs, so that little of it is empty.
    center = random.uniform(-augmentation.shift, augmentation.shift, 2) * _room(source, crop, zoom)
    half_source, half_crop = np.array(source[::-1]) / 2, np.array(crop[::-1]) / 2
    theta = np.concatenate([(reach * half_crop) / half_source[:, None], (center / half_source)[:, None]], axis=1)
    shape = [1, 1, crop[0], crop[1]]
    return torch.nn.functional.affine_grid(torch.from_numpy(theta[None].astype(np.float32)), shape, align_corners=False)


EMPTY_SHARE = 0.3
"""Share of a crop that may lie beyond the slice."""


def _room(source: tuple[int, int], crop: tuple[int, int], zoom: float) -> np.ndarray:
    """Pixels (x, y) over which the center of a crop may lie: 2 * shift of them are used about the slice's center."""
    needed = np.array(crop[::-1]) / zoom
    return np.abs(np.array(source[::-1]) - needed) + EMPTY_SHARE * np.minimum(needed, source[::-1])
