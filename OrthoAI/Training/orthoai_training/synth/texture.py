"""HU texture inside trabecular bone and soft tissue: band-limited noise, or patches of real CT.

Real texture is what is left of a CT after its smooth part is taken away, so it carries no anatomy. A texture folder
holds CT files ``*_ct.nii.gz``; masks beside them are not needed. Only the deviation from the local mean is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path

import torch
import torch.nn.functional as F
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from scipy import ndimage
from torch import Tensor

from orthoai_training.synth.soft_tissue import smooth_noise
from orthoai_training.synth.voxels import Part

SOFT_RANGE = (-140.0, 160.0)
SHELL_HU, SHELL_GAP = 150.0, 3
"""HU of the shell that encloses inner bone, and how many voxels wide its gaps may be. Marrow itself is no denser than
muscle, so its HU does not tell where bone is."""
BELOW_SHELL = 2
"""Voxels between inner bone and the outside."""
PATCH = {"bone": 10, "soft": 20}
"""Voxels along a cube's edge: a vertebral body holds no larger one."""
FEWEST_INSIDE = {"bone": 0.6, "soft": 0.35}
"""Share of a cube that must lie well inside the tissue."""
UNEVEN_MM, UNEVEN_HU = 14.0, 70.0
"""Width of the denser and more porous regions of a bone, and the largest standard deviation of their HU."""
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


def ct_files(folder: Path) -> list[Path]:
    """The CT in ``folder``. Raises InputError when there is none."""
    files = sorted(folder.glob("*_ct.nii.gz"))
    if not files:
        raise InputError(f"The texture folder {folder.name} holds no CT named *_ct.nii.gz.")
    return files


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
        for path in ct_files(folder):
            volume = read_volume(path).reoriented("LPS")
            voxels = volume.voxels
            if volume.geometry.spacing[2] > 2.5:
                # Coarse scans of whole regions give soft tissue only, and only away from the hips: the lower half of
                # such a scan may be used to judge a model.
                voxels = voxels[voxels.shape[0] // 2 :]
            hu = torch.from_numpy(voxels.astype("float32"))[None, None]
            detail = (hu - F.avg_pool3d(hu, 5, 1, 2, count_include_pad=False))[0, 0]
            inside = {"bone": _inner_bone(hu), "soft": (hu > SOFT_RANGE[0]) & (hu < SOFT_RANGE[1])}
            for kind, target in (("bone", bone), ("soft", soft)):
                share = F.avg_pool3d(inside[kind].float(), 5, 1, 2)[0, 0]
                masked = torch.where(share > 0.9, detail, torch.zeros_like(detail)).clamp(-150, 150)
                target += _cubes(masked, share, kind)
    return TextureBank(_stacked(bone, "bone"), _stacked(soft, "soft"), PLAYED_STEP)


def _inner_bone(hu: Tensor) -> Tensor:
    """Voxels of ``hu`` (1, 1, Z, Y, X) that a shell of cortical bone encloses."""
    shell = ndimage.binary_closing(hu[0, 0].numpy() > SHELL_HU, iterations=SHELL_GAP)
    inner = ndimage.binary_erosion(ndimage.binary_fill_holes(shell), iterations=BELOW_SHELL)
    return torch.from_numpy(inner)[None, None]


def _stacked(cubes: list[Tensor], kind: str) -> Tensor:
    return torch.stack(cubes) if cubes else torch.zeros(1, PATCH[kind], PATCH[kind], PATCH[kind])


def _cubes(detail: Tensor, share: Tensor, kind: str) -> list[Tensor]:
    cubes = []
    edge = PATCH[kind]
    starts = [range(0, n - edge + 1, edge // 2) for n in detail.shape]
    for k, j, i in product(*starts):
        part = (slice(k, k + edge), slice(j, j + edge), slice(i, i + edge))
        if float((share[part] > 0.9).float().mean()) > FEWEST_INSIDE[kind]:
            cubes.append(detail[part])
    return cubes


def draw_grain(
    bank: TextureBank | None, size: tuple[int, int, int], spacing: float, generator: torch.Generator
) -> Tensor:
    """A field (Z, Y, X) of HU deviations inside bone: its fine texture, and its denser and more porous regions."""
    strength = float(torch.rand((), generator=generator, device=generator.device)) * UNEVEN_HU
    uneven = smooth_noise(size, max(2.0, UNEVEN_MM / spacing), generator, generator.device)
    return draw_texture(bank, "bone", size, spacing, generator) + strength * uneven


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
    tiles = [-(-n // PATCH[kind]) for n in need]
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
