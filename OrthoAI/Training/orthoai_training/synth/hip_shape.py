"""Parametric hip bone, sacrum and lowest lumbar vertebrae.

The hip bone's frame: LPS of a LEFT one, mm, origin at the acetabulum's center (the femoral head's); x lateral.
Sacrum and vertebrae are symmetric; their frame's origin is the midpoint between the two hip centers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from orthoai_training.synth.sdf import cone, ellipsoid, join, smooth_cut, smooth_union, sphere, tube
from orthoai_training.synth.shape import AnalyticShape


@dataclass(frozen=True)
class HipSize:
    """One person's pelvis.

    Attributes:
        half_distance: mm from the midline to a hip center.
        head: radius of the femoral head in mm; the socket leaves ``gap`` around it.
        gap: joint space in mm, down to that of a worn joint.
        wall: thickness in mm of the socket's wall.
        scale: overall size.
    """

    half_distance: float = 88.0
    head: float = 24.0
    gap: float = 3.5
    wall: float = 9.0
    scale: float = 1.0

    @classmethod
    def draw(cls, rng: np.random.Generator, head: float) -> HipSize:
        """A random adult pelvis for a given head radius."""
        scale = float(np.clip(rng.normal(1.0, 0.06), 0.85, 1.15))
        return cls(
            half_distance=float(np.clip(88 * scale * rng.normal(1, 0.03), 74, 102)),
            head=head,
            gap=float(rng.uniform(1.0, 4.5)),
            wall=float(rng.uniform(4.5, 11.0)),
            scale=scale,
        )


def hip_bone_shape(size: HipSize) -> AnalyticShape:
    """Ilium, ischium, pubis and acetabulum of the left side."""
    s, mid = size.scale, size.half_distance
    socket = size.head + size.gap

    def distance(p: Tensor) -> Tensor:
        # The cup covers the head from above, behind and inside; the open side looks outward, down and forward.
        opening = torch.tensor((0.72, -0.30, -0.62), dtype=p.dtype, device=p.device)
        cup = torch.maximum(sphere(p, (0, 0, 0), socket + size.wall * s), p @ opening - socket * 0.42)
        wing_plane = torch.tensor((0.80, 0.42, -0.42), dtype=p.dtype, device=p.device)
        at = p - torch.tensor((4.0 * s, 18.0 * s, 78.0 * s), dtype=p.dtype, device=p.device)
        across = at @ wing_plane
        disc = torch.linalg.vector_norm(at - across.unsqueeze(-1) * wing_plane, dim=-1)
        wing = torch.maximum(disc - 66 * s, across.abs() - (4.0 + 2.5 * (disc / (66 * s)) ** 2) * s)
        body = cone(p, (-8 * s, 14 * s, 24 * s), (-6 * s, 22 * s, 52 * s), 17 * s, 10 * s)
        ischium = tube(
            p,
            [(-10 * s, 22 * s, -10 * s), (-14 * s, 30 * s, -42 * s), (-22 * s, 20 * s, -66 * s)],
            [14 * s, 13 * s, 15 * s],
        )
        pubis = tube(
            p,
            [(-14 * s, -18 * s, 2), (-mid * 0.62, -38 * s, -8 * s), (-mid + 8 * s, -44 * s, -22 * s)],
            [11 * s, 8 * s, 10 * s],
        )
        lower = tube(
            p,
            [(-mid + 8 * s, -42 * s, -30 * s), (-mid * 0.60, -10 * s, -58 * s), (-22 * s, 16 * s, -68 * s)],
            [8 * s, 6.5 * s, 9 * s],
        )
        bone = join([wing, body, cup, ischium, pubis, lower], 7.0 * s)
        return smooth_cut(bone, sphere(p, (0, 0, 0), socket), 2.0)

    return AnalyticShape(distance, ((-mid - 4, -80 * s, -92 * s), (92 * s, 95 * s, 155 * s)))


def sacrum_shape(size: HipSize) -> AnalyticShape:
    """Sacrum and coccyx."""
    s = size.scale

    def distance(p: Tensor) -> Tensor:
        middle = tube(
            p,
            [(0, 45 * s, 96 * s), (0, 76 * s, 66 * s), (0, 88 * s, 30 * s), (0, 70 * s, 0)],
            [21 * s, 17 * s, 11 * s, 6 * s],
        )
        folded = torch.stack((p[..., 0].abs(), p[..., 1], p[..., 2]), dim=-1)
        ala = ellipsoid(folded, (36 * s, 62 * s, 80 * s), (23 * s, 17 * s, 28 * s))
        return smooth_union(middle, ala, 12.0)

    return AnalyticShape(distance, ((-75 * s, 10 * s, -14 * s), (75 * s, 120 * s, 130 * s)))


def vertebra_shape(size: HipSize, level: int) -> AnalyticShape:
    """A lumbar vertebra; level 0 is L5, 1 is L4 and so on upward."""
    s = size.scale
    z, y = (132 + 36 * level) * s, (30 - 4 * level) * s

    def distance(p: Tensor) -> Tensor:
        radial = torch.linalg.vector_norm(
            (p[..., :2] - torch.tensor((0.0, y), dtype=p.dtype, device=p.device))
            / torch.tensor((25.0 * s, 18.0 * s), dtype=p.dtype, device=p.device),
            dim=-1,
        )
        body = torch.maximum((radial - 1) * 19 * s, (p[..., 2] - z).abs() - 13.5 * s)
        folded = torch.stack((p[..., 0].abs(), p[..., 1], p[..., 2]), dim=-1)
        pedicle = cone(folded, (16 * s, y + 14 * s, z + 4), (17 * s, y + 34 * s, z), 5 * s, 5 * s)
        lamina = cone(folded, (17 * s, y + 34 * s, z), (0, y + 46 * s, z - 6), 5 * s, 5 * s)
        spinous = cone(p, (0, y + 46 * s, z - 6), (0, y + 74 * s, z - 12), 4.5 * s, 4 * s)
        transverse = cone(folded, (17 * s, y + 30 * s, z), (42 * s, y + 34 * s, z + 4), 4.5 * s, 3.5 * s)
        return join([body, pedicle, lamina, spinous, transverse], 4.0)

    return AnalyticShape(distance, ((-50 * s, y - 24 * s, z - 28 * s), (50 * s, y + 84 * s, z + 24 * s)))
