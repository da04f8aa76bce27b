"""HU texture inside trabecular bone and soft tissue: band-limited noise, or patches of real CT.

Real texture is what is left of a CT after its smooth part is taken away, so it carries no anatomy. A texture folder
holds CT files ``*_ct.nii.gz``; masks beside them are not needed. Only the deviation from the local mean is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from torch import Tensor

from orthoai_training.synth.soft_tissue import smooth_noise
from orthoai_training.synth.voxels import Part

SOFT_RANGE = (-140.0, 160.0)
BONE_RANGE = (80.0, 700.0)
PATCH = 20
"""Voxels along a cube's edge."""
MOST_DRAWN = 96
"""Voxels a side of a drawn texture; larger grids repeat it."""
PLAYED_STEP = 1.5
"""mm per voxel at which cubes are laid, whatever grid they were cut from: fine grain matters, not its exact scale."""


@dataclass(frozen=True)
class TextureBank:
    """Cubes (N, P, P, P) of HU deviations at ``step`` mm, for bone and for soft tissue."""

    bone: Tensor
    soft: Tensor
    step: float


@lru_cache(maxsize=2)
def load_textures(folders: tuple[Path, ...]) -> TextureBank | None:
    """Collect cubes from the CT files in ``folders``; None for no folders.

    Raises:
        InputError: a folder holds no CT file.
    """
    if not folders:
        return None
    bone: list[Tensor] = []
    soft: list[Tensor] = []
    for folder in folders:
        files = sorted(folder.glob("*_ct.nii.gz"))
        if not files:
            raise InputError(f"The texture folder {folder.name} holds no CT named *_ct.nii.gz.")
        for path in files:
            volume = read_volume(path).reoriented("LPS")
            voxels = volume.voxels
            if volume.geometry.spacing[2] > 2.5:
                # Coarse scans of whole regions give soft tissue only, and only away from the hips: the lower half of
                # such a scan may be used to judge a model.
                voxels = voxels[voxels.shape[0] // 2 :]
            hu = torch.from_numpy(voxels.astype("float32"))[None, None]
            detail = (hu - F.avg_pool3d(hu, 5, 1, 2, count_include_pad=False))[0, 0]
            for target, (low, high) in ((bone, BONE_RANGE), (soft, SOFT_RANGE)):
                inside = ((hu > low) & (hu < high)).float()
                share = F.avg_pool3d(inside, 5, 1, 2)[0, 0]
                masked = torch.where(share > 0.9, detail, torch.zeros_like(detail)).clamp(-150, 150)
                target += _cubes(masked, share)
    fallback = torch.zeros(1, PATCH, PATCH, PATCH)
    return TextureBank(torch.stack(bone or [fallback[0]]), torch.stack(soft or [fallback[0]]), PLAYED_STEP)


def _cubes(detail: Tensor, share: Tensor) -> list[Tensor]:
    cubes = []
    z, y, x = detail.shape
    for k in range(0, z - PATCH + 1, PATCH // 2):
        for j in range(0, y - PATCH + 1, PATCH // 2):
            for i in range(0, x - PATCH + 1, PATCH // 2):
                part = (slice(k, k + PATCH), slice(j, j + PATCH), slice(i, i + PATCH))
                if float((share[part] > 0.9).float().mean()) > 0.35:
                    cubes.append(detail[part])
    return cubes


def draw_texture(
    bank: TextureBank | None, kind: str, size: tuple[int, int, int], spacing: float, generator: torch.Generator
) -> Tensor:
    """A field (Z, Y, X) of HU deviations; ``kind`` is "bone" or "soft"."""
    device = generator.device
    if bank is None:
        fine = torch.randn(size, generator=generator, device=device) * 12
        return smooth_noise(size, max(2.0, 4.0 / spacing), generator, device) * (28 if kind == "bone" else 9) + fine
    cubes = getattr(bank, kind).to(device)
    scale = bank.step / spacing
    need = [max(1, int(n / scale) + 1) for n in size]
    tiles = [-(-n // PATCH) for n in need]
    rows = []
    for _ in range(tiles[0]):
        planes = []
        for _ in range(tiles[1]):
            picks = torch.randint(len(cubes), (tiles[2],), generator=generator, device=device)
            # Every second tile is mirrored, so that neighbors meet less abruptly.
            planes.append(torch.cat([cubes[p].flip(2) if n % 2 else cubes[p] for n, p in enumerate(picks)], dim=2))
        rows.append(torch.cat(planes, dim=1))
    field = torch.cat(rows, dim=0)[: need[0], : need[1], : need[2]]
    return F.interpolate(field[None, None], size=list(size), mode="trilinear", align_corners=False)[0, 0]


def limited(shape: tuple[int, int, int], limit: int = MOST_DRAWN) -> tuple[int, int, int]:
    """Texture is drawn once on at most ``limit`` voxels a side and repeated."""
    return min(shape[0], limit), min(shape[1], limit), min(shape[2], limit)


def repeated(field: Tensor, part: Part) -> Tensor:
    """The part of a grid that ``field`` fills again and again."""
    picks = [torch.arange(s.start, s.stop, device=field.device) % n for s, n in zip(part, field.shape, strict=True)]
    return field[picks[0]][:, picks[1]][:, :, picks[2]]
