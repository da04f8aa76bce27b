"""Random changes of training patches, in torch on whatever device they lie."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from scipy.spatial.transform import Rotation

from orthoai_training.femur.recipes import Augmentation, SegmenterRecipe

SEED_STRIDE = 1_000_003
"""Steps of two runs with neighboring seeds never meet."""


def prepare(
    image: torch.Tensor, mask: torch.Tensor, recipe: SegmenterRecipe, seed: int, step: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blocks of HU and mask (B, 1, K, J, I) to a network's input (0..1 float32) and target, both of the patch size.

    The same seed and step give the same result on one device.
    """
    draw = Draw(seed * SEED_STRIDE + step, image.device)
    patches = [_augment(image[n : n + 1].float(), mask[n : n + 1], recipe, draw) for n in range(image.shape[0])]
    images, masks = zip(*patches, strict=True)
    return normalize(torch.cat(images), recipe.intensity_range_hu), torch.cat(masks)


def normalize(hu: torch.Tensor, intensity_range: tuple[float, float]) -> torch.Tensor:
    """HU to 0..1, clipped (paper, Table 3)."""
    low, high = intensity_range
    return ((hu - low) / (high - low)).clamp_(0.0, 1.0)


class Draw:
    """Seeded choices: numbers from the CPU, noise on the device where the image lies."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self._numbers = torch.Generator().manual_seed(seed)
        self._noise = torch.Generator(device).manual_seed(seed)

    def happens(self, probability: float) -> bool:
        return bool(torch.rand((), generator=self._numbers) < probability)

    def between(self, limits: tuple[float, float]) -> float:
        low, high = limits
        return low + (high - low) * float(torch.rand((), generator=self._numbers))

    def noise(self, shape: torch.Size) -> torch.Tensor:
        return torch.randn(shape, generator=self._noise, device=self._noise.device)


def _augment(
    image: torch.Tensor, mask: torch.Tensor, recipe: SegmenterRecipe, draw: Draw
) -> tuple[torch.Tensor, torch.Tensor]:
    how = recipe.augmentation
    if draw.happens(how.affine_probability):
        image, mask = _warp(image, mask, recipe.patch, how, draw)
    else:
        image, mask = _middle(image, recipe.patch), _middle(mask, recipe.patch)
    if draw.happens(how.flip_probability):
        image, mask = image.flip(-1), mask.flip(-1)
    image = image * draw.between(how.gain) + draw.between(how.offset_hu)
    if draw.happens(how.blur_probability):
        smooth = F.avg_pool3d(image, 3, stride=1, padding=1, count_include_pad=False)
        image = torch.lerp(image, smooth, draw.between((-0.5, 1.0)))
    if draw.happens(how.noise_probability):
        image = image + draw.noise(image.shape) * draw.between(how.noise_hu)
    return image, mask


def _warp(
    image: torch.Tensor, mask: torch.Tensor, patch: tuple[int, int, int], how: Augmentation, draw: Draw
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rotate and zoom about the middle of the block, image and mask by the same sampling grid."""
    angles = [draw.between((-how.rotation_degrees, how.rotation_degrees)) for _ in range(3)]
    turn = torch.from_numpy(Rotation.from_euler("xyz", angles, degrees=True).as_matrix()).float()
    zoom = draw.between(how.scale)
    # affine_grid works in x, y, z of -1..1 over the block: turn in voxels, then divide by the block's half sizes.
    out_half = torch.tensor([patch[2], patch[1], patch[0]], dtype=torch.float32) / 2
    block_half = torch.tensor([image.shape[4], image.shape[3], image.shape[2]], dtype=torch.float32) / 2
    matrix = (turn / zoom) * out_half[None, :] / block_half[:, None]
    theta = torch.cat([matrix, torch.zeros(3, 1)], dim=1)[None].to(image.device)
    grid = F.affine_grid(theta, [1, 1, *patch], align_corners=False)
    both = torch.cat([image, mask.float()], dim=1)
    moved = F.grid_sample(both, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return moved[:, :1], (moved[:, 1:] > 0.5).to(mask.dtype)


def _middle(block: torch.Tensor, patch: tuple[int, int, int]) -> torch.Tensor:
    start = [(have - want) // 2 for have, want in zip(block.shape[2:], patch, strict=True)]
    k, j, i = (slice(first, first + want) for first, want in zip(start, patch, strict=True))
    return block[:, :, k, j, i]
