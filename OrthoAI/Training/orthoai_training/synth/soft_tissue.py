"""The body around the bones: skin, fat and muscle, on a coarse grid that the renderer reads by interpolation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from orthoai_training.synth.sdf import cone, ellipsoid, join

COARSE_STEP = 6.0
"""mm; skin and muscle outlines are smooth, so a coarse grid holds them."""


@dataclass(frozen=True)
class BodySize:
    """Thickness of the soft tissues in mm.

    Attributes:
        thigh, calf: radius at the hip end and at the knee end of the thigh, and of the calf's belly.
        trunk: half width and half depth of the pelvis with everything on it.
        fat: thickness of the subcutaneous fat.
    """

    thigh: tuple[float, float] = (82.0, 58.0)
    calf: float = 52.0
    trunk: tuple[float, float] = (175.0, 115.0)
    fat: float = 14.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> BodySize:
        """Slim to heavy."""
        build = float(rng.uniform(0.0, 1.0))
        return cls(
            thigh=(70 + 30 * build + rng.normal(0, 3), 50 + 16 * build + rng.normal(0, 2)),
            calf=42 + 18 * build + float(rng.normal(0, 2)),
            trunk=(160 + 40 * build + float(rng.normal(0, 5)), 95 + 45 * build + float(rng.normal(0, 4))),
            fat=5 + 26 * build**1.5,
        )


@dataclass(frozen=True)
class LegAxis:
    """Joint centers of one leg in LPS mm."""

    hip: tuple[float, float, float]
    knee: tuple[float, float, float]
    ankle: tuple[float, float, float]


def skin_distance(
    points: Tensor, size: BodySize, legs: list[LegAxis], pelvis_center: tuple[float, float, float]
) -> Tensor:
    """Signed distance in mm to the skin (negative inside) at LPS ``points`` (..., 3)."""
    x, y, z = pelvis_center
    parts = [
        ellipsoid(points, (x, y + 10, z + 60), (size.trunk[0], size.trunk[1], 190.0)),
        ellipsoid(points, (x, y + 5, z + 200), (size.trunk[0] * 0.92, size.trunk[1] * 0.95, 190.0)),
    ]
    for leg in legs:
        parts.append(cone(points, _toward(leg.hip, leg.knee, 0.08), leg.knee, *size.thigh))
        belly = _toward(leg.knee, leg.ankle, 0.3)
        parts.append(cone(points, leg.knee, belly, size.thigh[1], size.calf))
        parts.append(cone(points, belly, leg.ankle, size.calf, 34.0))
        foot = (leg.ankle[0], leg.ankle[1] - 90, leg.ankle[2] - 60)
        parts.append(cone(points, leg.ankle, foot, 44.0, 34.0))
    return join(parts, 14.0)


def _toward(a: tuple[float, float, float], b: tuple[float, float, float], share: float) -> tuple[float, float, float]:
    x, y, z = (p + (q - p) * share for p, q in zip(a, b, strict=True))
    return x, y, z


def smooth_noise(size: tuple[int, int, int], cell: float, generator: torch.Generator, device: torch.device) -> Tensor:
    """Random field (Z, Y, X) of standard deviation about 1 whose bumps are about ``cell`` voxels wide."""
    low = [max(3, int(np.ceil(n / cell)) + 2) for n in size]
    field = torch.randn(1, 1, *low, generator=generator, device=device)
    field = F.interpolate(field, scale_factor=2, mode="trilinear", align_corners=False)
    return F.interpolate(field, size=list(size), mode="trilinear", align_corners=False)[0, 0] * 1.5
