"""Fill a voxel grid with a person: the part that every simulated CT goes through, slab by slab."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from orthoai.geometry import Geometry
from torch import Tensor

from orthoai_training.synth.bone import Bone, bone_hu
from orthoai_training.synth.flesh import Flesh
from orthoai_training.synth.implants import Implant
from orthoai_training.synth.scene import Scene
from orthoai_training.synth.skeleton import FEMUR_LABELS
from orthoai_training.synth.texture import TextureBank, draw_grain, limited, repeated
from orthoai_training.synth.voxels import Part, points_of
from orthoai_training.synth.warp import Warp

SLAB = 24
"""Slices painted at a time, which bounds the memory."""

REACH = 10.0
"""mm around a bone's box that its blurred edge and the warp may reach."""

EDGE = 0.28
"""Of the spacing: the width of the logistic curve that stands for partial volume; about a scanner's blur."""


@dataclass(frozen=True)
class Rendered:
    """HU float32 (K, J, I), labels uint8 and the other bones uint8 on one grid, and where metal is."""

    hu: Tensor
    labels: Tensor
    bones: Tensor
    metal: Tensor


def render(scene: Scene, geometry: Geometry, textures: TextureBank | None, generator: torch.Generator) -> Rendered:
    """Voxelize ``scene`` on ``geometry``; edges are blurred over about one voxel (partial volume)."""
    device, shape = generator.device, geometry.shape
    rendered = Rendered(
        hu=torch.empty(shape, device=device),
        labels=torch.zeros(shape, dtype=torch.uint8, device=device),
        bones=torch.zeros(shape, dtype=torch.uint8, device=device),
        metal=torch.zeros(shape, dtype=torch.bool, device=device),
    )
    soft = Flesh(scene, geometry, textures, generator)
    spacing = float(np.cbrt(geometry.voxel_volume))
    grain = draw_grain(textures, limited(shape), spacing, generator)
    painter = _Painter(scene.warp, geometry, spacing, grain, rendered)
    for start in range(0, shape[0], SLAB):
        stop = min(start + SLAB, shape[0])
        rendered.hu[start:stop] = soft.slab(start, stop)
        # Where two bones meet, the voxel goes to the one it lies deeper in.
        deepest = torch.zeros((stop - start, *shape[1:]), device=device)
        for bone in scene.skeleton.bones:
            part = _touched(bone, geometry, start, stop)
            if part is not None:
                painter.bone(bone, part, deepest[:, part[1], part[2]][part[0].start - start : part[0].stop - start])
        for implant in scene.implants:
            part = _touched(implant, geometry, start, stop)
            if part is not None:
                painter.metal(implant, part)
    return rendered


def _touched(thing: Bone | Implant, geometry: Geometry, start: int, stop: int) -> Part | None:
    """The part of slab ``start`` to ``stop`` whose voxels may belong to ``thing``."""
    low, high = thing.lps_bounds()
    low, high = low - REACH, high + REACH
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    index = geometry.lps_to_index(corners)
    first = np.floor(index.min(axis=0)).astype(int)
    last = np.ceil(index.max(axis=0)).astype(int) + 1
    first = np.maximum(first, (0, 0, start))
    last = np.minimum(last, (geometry.size[0], geometry.size[1], stop))
    if (last <= first).any():
        return None
    return slice(first[2], last[2]), slice(first[1], last[1]), slice(first[0], last[0])


@dataclass(frozen=True)
class _Painter:
    """Puts bones and metal into ``on``, part by part.

    Attributes:
        spacing: edge in mm of a cube of a voxel's volume.
        grain: HU texture of trabecular bone, repeated over the grid.
    """

    warp: Warp
    geometry: Geometry
    spacing: float
    grain: Tensor
    on: Rendered

    def bone(self, bone: Bone, part: Part, deepest: Tensor) -> None:
        """Paint ``bone`` where it is deeper than ``deepest`` (a view, mm, 0 or negative), which is updated."""
        points = self._points(part)
        distance = bone.distance(points)
        wins = distance < deepest
        occupancy = self._occupancy(distance) * (wins | (distance > 0))
        added, cortex = bone.regional(points)
        texture = repeated(self.grain, part) + added
        filled = bone_hu(bone, -distance, bone.long_position(points), texture, 0.3 * self.spacing + 0.2, cortex)
        self._blend(part, filled, occupancy)
        inside = wins & (distance < 0)
        deepest.copy_(torch.where(inside, distance, deepest))
        is_femur = bone.label in FEMUR_LABELS.values()
        target, other = (self.on.labels, self.on.bones) if is_femur else (self.on.bones, self.on.labels)
        target[part][inside] = bone.label
        other[part][inside] = 0

    def metal(self, implant: Implant, part: Part) -> None:
        """Paint ``implant`` over whatever is there."""
        distance = implant.distance(self._points(part))
        self._blend(part, implant.hu, self._occupancy(distance))
        inside = distance < 0
        self.on.metal[part] |= inside
        self.on.bones[part][inside] = 0
        self.on.labels[part][inside] = implant.label

    def _points(self, part: Part) -> Tensor:
        return self.warp(points_of(self.geometry, part, self.on.hu.device))

    def _occupancy(self, distance: Tensor) -> Tensor:
        """The share of a voxel that a shape at ``distance`` from its center takes."""
        return torch.sigmoid(-distance / (EDGE * self.spacing))

    def _blend(self, part: Part, hu: Tensor | float, share: Tensor) -> None:
        view = self.on.hu[part]
        view += (hu - view) * share
