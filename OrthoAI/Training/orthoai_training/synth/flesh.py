"""Skin, fat, muscle and the table below as HU."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from orthoai.geometry import Geometry
from torch import Tensor

from orthoai_training.synth.scene import Scene
from orthoai_training.synth.soft_tissue import COARSE_STEP, skin_distance, smooth_noise
from orthoai_training.synth.texture import TextureBank, draw_texture, limited, repeated
from orthoai_training.synth.voxels import Part, points_of

AIR, FAT, MUSCLE, SKIN = -1000.0, -100.0, 55.0, 20.0
"""HU."""

TABLE_SHELL, TABLE_CORE = 90.0, -850.0
"""HU of the carbon skin and of the foam."""


class Flesh:
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
            textures, "soft", limited(self.shape), float(np.cbrt(geometry.voxel_volume)), generator
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
        part: Part = (slice(start, stop), slice(0, self.shape[1]), slice(0, self.shape[2]))
        texture = repeated(self.fine, part)
        fat_depth = self.scene.body.fat
        muscle = torch.sigmoid((-skin - fat_depth) / 1.2) * (1 - torch.sigmoid((veins - 1.7) / 0.12))
        tissue = FAT + (MUSCLE - FAT) * muscle + texture
        tissue = torch.where(skin > -2.0, torch.full_like(tissue, SKIN), tissue)
        hu = AIR + (tissue - AIR) * torch.sigmoid(-skin / 0.8)
        return self._with_table(hu, part) if self.scene.table else hu

    def _with_table(self, hu: Tensor, part: Part) -> Tensor:
        points = points_of(self.geometry, part, hu.device)
        middle = self.scene.skeleton.pelvis_center[0]
        curve = self.back - ((points[..., 0] - middle) / 210.0) ** 2 * 45.0
        depth = points[..., 1] - curve
        inside = (points[..., 0] - middle).abs() < 215
        shell = inside & (((depth > 0) & (depth < 3)) | ((depth > 32) & (depth < 35)))
        core = inside & (depth >= 3) & (depth <= 32)
        hu = torch.where(shell, torch.full_like(hu, TABLE_SHELL), hu)
        return torch.where(core, torch.full_like(hu, TABLE_CORE), hu)
