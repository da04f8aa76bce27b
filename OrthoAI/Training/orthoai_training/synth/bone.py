"""A posed bone and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from orthoai_training.synth.shape import Bounds, Shape


@dataclass(frozen=True)
class Pose:
    """From a bone's frame to LPS mm: ``rotation @ (scale * mirrored point) + translation``.

    Attributes:
        rotation: 3x3.
        translation: LPS mm of the local origin.
        mirror: True turns the LEFT frame of :class:`Shape` into a right bone.
        scale: per local axis.
    """

    rotation: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    translation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mirror: bool = False
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """3x3 from the bone's frame to LPS directions."""
        stretch = np.diag(self.scale)
        if self.mirror:
            stretch = np.diag([-1.0, 1.0, 1.0]) @ stretch
        return self.rotation @ stretch

    def place(self, local: tuple[float, float, float] | NDArray[np.float64]) -> tuple[float, float, float]:
        """LPS mm of a local point."""
        x, y, z = self.matrix @ np.asarray(local, dtype=float) + np.asarray(self.translation)
        return float(x), float(y), float(z)

    def to_local(self, lps: Tensor) -> Tensor:
        """Points (..., 3) in LPS mm, in the bone's frame: the inverse of :meth:`place`."""
        inverse = torch.as_tensor(np.linalg.inv(self.matrix), dtype=lps.dtype, device=lps.device)
        return (lps - torch.as_tensor(self.translation, dtype=lps.dtype, device=lps.device)) @ inverse.T

    def placed_bounds(self, bounds: Bounds) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Smallest LPS box (min, max) in mm that holds a box of the bone's frame."""
        low, high = bounds
        corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
        placed = corners @ self.matrix.T + np.asarray(self.translation)
        return placed.min(axis=0), placed.max(axis=0)


@dataclass(frozen=True)
class Tissue:
    """HU of a bone's parts.

    Attributes:
        cortex_end, cortex_middle: thickness of the cortex in mm at the ends and in the middle of the bone.
        cortical, trabecular, marrow: HU; trabecular bone fills the ends, marrow fat the middle.
        long: True for a tubular bone whose middle holds marrow; False for one that is trabecular throughout.
    """

    cortex_end: float = 1.6
    cortex_middle: float = 6.0
    cortical: float = 1300.0
    trabecular: float = 220.0
    marrow: float = -20.0
    long: bool = True

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Tissue:
        """Young and dense to old and porous."""
        density = float(rng.uniform(0.0, 1.0))
        return cls(
            cortex_end=0.6 + 1.4 * density,
            cortex_middle=3.2 + 4.0 * density,
            cortical=850 + 650 * density + float(rng.normal(0, 60)),
            trabecular=60 + 260 * density + float(rng.normal(0, 25)),
            marrow=-70 + 90 * density + float(rng.normal(0, 15)),
        )


@dataclass(frozen=True)
class Region:
    """A part of a bone that differs from the rest: a ball, or a shell around a joint.

    Attributes:
        center: in the bone's frame, mm.
        inner, outer: mm from the center between which it differs most; 0 and 0 for a ball that fades from its center.
        width: mm over which that fades on either side.
        hu: added to the inner bone.
        cortex: factor on the cortex' thickness.
    """

    center: tuple[float, float, float]
    inner: float
    outer: float
    width: float
    hu: float = 0.0
    cortex: float = 1.0

    def weight(self, local: Tensor) -> Tensor:
        """0..1 at points (..., 3) of the bone's frame."""
        center = torch.as_tensor(self.center, dtype=local.dtype, device=local.device)
        away = torch.linalg.vector_norm(local - center, dim=-1)
        beyond = torch.maximum(self.inner - away, away - self.outer).clamp_min(0)
        return torch.exp(-((beyond / self.width) ** 2))


@dataclass(frozen=True)
class Bone:
    """One bone in the scan.

    Attributes:
        name: "femur_left", "femur_right", or a key of ``skeleton.CONTEXT_LABELS``.
        label: voxel value: 1 or 2 in the label map of femora, above that in the map of the other bones.
        ends: local z of the whole bone's (lower, upper) end where ``shape`` is only a part of it.
        regions: where it differs from the rest.
    """

    name: str
    shape: Shape
    pose: Pose
    tissue: Tissue
    label: int = 0
    ends: tuple[float, float] | None = None
    regions: tuple[Region, ...] = ()

    def lps_bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Smallest LPS box (min, max) in mm that holds the bone."""
        return self.pose.placed_bounds(self.shape.bounds)

    def distance(self, lps: Tensor) -> Tensor:
        """Signed distance in mm at LPS points (..., 3); exact for a rigid pose, first order for a stretched one."""
        return self.shape.distance(self.pose.to_local(lps)) * float(np.cbrt(np.prod(self.pose.scale)))

    def regional(self, lps: Tensor) -> tuple[Tensor, Tensor]:
        """HU to add to the inner bone, and the factor on the cortex' thickness, at LPS points (..., 3)."""
        local = self.pose.to_local(lps)
        hu, cortex = torch.zeros_like(local[..., 0]), torch.ones_like(local[..., 0])
        for region in self.regions:
            weight = region.weight(local)
            hu = hu + region.hu * weight
            cortex = cortex * (1 + (region.cortex - 1) * weight)
        return hu, cortex

    def long_position(self, lps: Tensor) -> Tensor:
        """0 at the bone's upper end, 1 at its lower end, along its own z axis."""
        axis = torch.as_tensor(self.pose.rotation[:, 2], dtype=lps.dtype, device=lps.device)
        low, high = self.ends or (self.shape.bounds[0][2], self.shape.bounds[1][2])
        low, high = low * self.pose.scale[2], high * self.pose.scale[2]
        z = (lps - torch.as_tensor(self.pose.translation, dtype=lps.dtype, device=lps.device)) @ axis
        return ((high - z) / (high - low)).clamp(0, 1)


def bone_hu(
    bone: Bone, depth: Tensor, position: Tensor, texture: Tensor, softness: float, cortex_factor: Tensor | float = 1.0
) -> Tensor:
    """HU inside a bone.

    Args:
        depth: mm below the surface.
        position: :meth:`Bone.long_position`.
        texture: HU variation of the trabecular bone.
        softness: mm over which the inner face of the cortex is blurred (partial volume).
        cortex_factor: on its thickness.
    """
    tissue = bone.tissue
    if tissue.long:
        middle = ((0.5 - (position - 0.5).abs()) / 0.5 * 2.2 - 0.35).clamp(0, 1)
        middle = middle * middle * (3 - 2 * middle)
    else:
        middle = torch.zeros_like(position)
    thickness = (tissue.cortex_end + (tissue.cortex_middle - tissue.cortex_end) * middle) * cortex_factor
    inner = tissue.trabecular + (tissue.marrow - tissue.trabecular) * middle + texture * (1 - 0.8 * middle)
    cortex = torch.sigmoid((thickness - depth) / softness)
    return inner + (tissue.cortical - inner) * cortex
