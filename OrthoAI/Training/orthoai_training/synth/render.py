"""Fill a voxel grid with a person: the part that every simulated CT goes through, slab by slab."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from orthoai.geometry import Geometry
from torch import Tensor

from orthoai_training.synth.bone import Bone, bone_hu
from orthoai_training.synth.implants import Implant
from orthoai_training.synth.skeleton import Skeleton
from orthoai_training.synth.soft_tissue import COARSE_STEP, BodySize, skin_distance, smooth_noise
from orthoai_training.synth.texture import TextureBank, draw_texture
from orthoai_training.synth.warp import Warp

AIR, FAT, MUSCLE, SKIN = -1000.0, -100.0, 55.0, 20.0
SLAB = 24
REACH = 4.0
"""mm around a bone's box that its blurred edge may reach."""


@dataclass(frozen=True)
class Scene:
    """A person on a table: everything that has a place."""

    skeleton: Skeleton
    implants: tuple[Implant, ...]
    body: BodySize
    warp: Warp
    table: bool


@dataclass(frozen=True)
class Rendered:
    """HU float32 (K, J, I), labels uint8 and the other bones uint8 on one grid, and where metal is."""

    hu: Tensor
    labels: Tensor
    bones: Tensor
    metal: Tensor


def render(scene: Scene, geometry: Geometry, textures: TextureBank | None, generator: torch.Generator) -> Rendered:
    """Voxelize ``scene`` on ``geometry``; edges are blurred over about one voxel (partial volume)."""
    device = generator.device
    shape = geometry.shape
    hu = torch.empty(shape, device=device)
    labels = torch.zeros(shape, dtype=torch.uint8, device=device)
    bones = torch.zeros(shape, dtype=torch.uint8, device=device)
    metal = torch.zeros(shape, dtype=torch.bool, device=device)
    soft = _SoftTissue(scene, geometry, textures, generator)
    spacing = float(np.cbrt(geometry.voxel_volume))
    grain = draw_texture(textures, "bone", _limited(shape), spacing, generator)
    for start in range(0, shape[0], SLAB):
        stop = min(start + SLAB, shape[0])
        slab = hu[start:stop]
        slab.copy_(soft.slab(start, stop))
        nearest = torch.full(slab.shape, 0.0, device=device)
        for bone in scene.skeleton.bones:
            part = _touched(bone, geometry, start, stop)
            if part is None:
                continue
            _paint_bone(bone, scene.warp, geometry, part, start, spacing, grain, slab, nearest, labels, bones)
        for implant in scene.implants:
            part = _touched(implant, geometry, start, stop)
            if part is not None:
                _paint_metal(implant, scene.warp, geometry, part, start, spacing, slab, labels, bones, metal)
    return Rendered(hu, labels, bones, metal)


def points_of(geometry: Geometry, part: tuple[slice, slice, slice], device: torch.device) -> Tensor:
    """LPS mm (k, j, i, 3) of the voxel centers in ``part`` (slices along k, j, i)."""
    affine = torch.as_tensor(geometry.affine, dtype=torch.float32, device=device)
    k, j, i = (torch.arange(s.start, s.stop, dtype=torch.float32, device=device) for s in part)
    return (
        k[:, None, None, None] * affine[:3, 2]
        + j[None, :, None, None] * affine[:3, 1]
        + i[None, None, :, None] * affine[:3, 0]
        + affine[:3, 3]
    )


def _limited(shape: tuple[int, int, int], limit: int = 96) -> tuple[int, int, int]:
    """Texture is drawn once on at most ``limit`` voxels a side and repeated."""
    return min(shape[0], limit), min(shape[1], limit), min(shape[2], limit)


def _repeat(field: Tensor, part: tuple[slice, slice, slice]) -> Tensor:
    picks = [torch.arange(s.start, s.stop, device=field.device) % n for s, n in zip(part, field.shape, strict=True)]
    return field[picks[0]][:, picks[1]][:, :, picks[2]]


def _touched(thing: Bone | Implant, geometry: Geometry, start: int, stop: int) -> tuple[slice, slice, slice] | None:
    """The part of slab ``start`` to ``stop`` whose voxels may belong to ``thing``."""
    low, high = thing.lps_bounds()
    low, high = low - REACH - 6, high + REACH + 6
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    index = geometry.lps_to_index(corners)
    first = np.floor(index.min(axis=0)).astype(int)
    last = np.ceil(index.max(axis=0)).astype(int) + 1
    first = np.maximum(first, (0, 0, start))
    last = np.minimum(last, (geometry.size[0], geometry.size[1], stop))
    if (last <= first).any():
        return None
    return slice(first[2], last[2]), slice(first[1], last[1]), slice(first[0], last[0])


def _paint_bone(
    bone: Bone,
    warp: Warp,
    geometry: Geometry,
    part: tuple[slice, slice, slice],
    start: int,
    spacing: float,
    grain: Tensor,
    slab: Tensor,
    nearest: Tensor,
    labels: Tensor,
    bones: Tensor,
) -> None:
    points = warp(points_of(geometry, part, slab.device))
    distance = bone.distance(points)
    local = (slice(part[0].start - start, part[0].stop - start), part[1], part[2])
    # Where two bones meet, the voxel goes to the one it lies deeper in.
    wins = distance < nearest[local]
    occupancy = torch.sigmoid(-distance / (0.28 * spacing)) * (wins | (distance > 0))
    filled = bone_hu(bone, -distance, bone.long_position(points), _repeat(grain, part), 0.3 * spacing + 0.2)
    slab[local] += (filled - slab[local]) * occupancy
    inside = wins & (distance < 0)
    nearest[local] = torch.where(inside, distance, nearest[local])
    for target in (labels, bones):
        view = target[part]
        view[inside] = 0
    target = labels if bone.label in (1, 2) else bones
    target[part][inside] = bone.label


def _paint_metal(
    implant: Implant,
    warp: Warp,
    geometry: Geometry,
    part: tuple[slice, slice, slice],
    start: int,
    spacing: float,
    slab: Tensor,
    labels: Tensor,
    bones: Tensor,
    metal: Tensor,
) -> None:
    distance = implant.distance(warp(points_of(geometry, part, slab.device)))
    local = (slice(part[0].start - start, part[0].stop - start), part[1], part[2])
    slab[local] += (implant.hu - slab[local]) * torch.sigmoid(-distance / (0.28 * spacing))
    inside = distance < 0
    metal[part] |= inside
    bones[part][inside] = 0
    labels[part][inside] = implant.label


class _SoftTissue:
    """Skin, fat and muscle, evaluated coarsely and read slab by slab."""

    def __init__(
        self, scene: Scene, geometry: Geometry, textures: TextureBank | None, generator: torch.Generator
    ) -> None:
        self.shape = geometry.shape
        self.geometry = geometry
        self.scene = scene
        coarse = geometry.resampled((COARSE_STEP,) * 3)
        device = generator.device
        k, j, i = (slice(0, n) for n in coarse.shape)
        points = points_of(coarse, (k, j, i), device)
        legs = list(scene.skeleton.legs.values())
        skin = skin_distance(points, scene.body, legs, scene.skeleton.pelvis_center)
        noise = smooth_noise(coarse.shape, 4.0, generator, device)
        self.fields = torch.stack([skin + 2.5 * noise, smooth_noise(coarse.shape, 2.0, generator, device)])
        self.per_voxel = [s / COARSE_STEP for s in geometry.spacing]
        self.fine = draw_texture(
            textures, "soft", _limited(self.shape), float(np.cbrt(geometry.voxel_volume)), generator
        )
        self.back = self._table_height(points, skin)

    def _table_height(self, points: Tensor, skin: Tensor) -> float:
        inside = skin < 0
        return float(points[..., 1][inside].max()) + 8.0 if inside.any() else float("inf")

    def slab(self, start: int, stop: int) -> Tensor:
        """HU (stop - start, J, I) without bones."""
        device = self.fields.device
        axes = []
        for axis, (first, last) in enumerate(((start, stop), (0, self.shape[1]), (0, self.shape[2]))):
            index = torch.arange(first, last, dtype=torch.float32, device=device)
            coarse = (index + 0.5) * self.per_voxel[2 - axis] - 0.5
            axes.append(coarse / max(self.fields.shape[axis + 1] - 1, 1) * 2 - 1)
        grid = torch.stack(torch.meshgrid(*axes, indexing="ij")[::-1], dim=-1)
        skin, veins = F.grid_sample(self.fields[None], grid[None], align_corners=True, padding_mode="border")[0]
        part = (slice(start, stop), slice(0, self.shape[1]), slice(0, self.shape[2]))
        texture = _repeat(self.fine, part)
        fat_depth = self.scene.body.fat
        muscle = torch.sigmoid((-skin - fat_depth) / 1.2) * (1 - torch.sigmoid((veins - 1.7) / 0.12))
        tissue = FAT + (MUSCLE - FAT) * muscle + texture
        tissue = torch.where(skin > -2.0, torch.full_like(tissue, SKIN), tissue)
        hu = AIR + (tissue - AIR) * torch.sigmoid(-skin / 0.8)
        return self._with_table(hu, part) if self.scene.table else hu

    def _with_table(self, hu: Tensor, part: tuple[slice, slice, slice]) -> Tensor:
        points = points_of(self.geometry, part, hu.device)
        middle = self.scene.skeleton.pelvis_center[0]
        curve = self.back - ((points[..., 0] - middle) / 210.0) ** 2 * 45.0
        depth = points[..., 1] - curve
        inside = (points[..., 0] - middle).abs() < 215
        shell = inside & (((depth > 0) & (depth < 3)) | ((depth > 32) & (depth < 35)))
        core = inside & (depth >= 3) & (depth <= 32)
        hu = torch.where(shell, torch.full_like(hu, 90.0), hu)
        return torch.where(core, torch.full_like(hu, -850.0), hu)
