"""Prostheses of hip and knee, and nails, as metal parts painted over the bones.

Femoral components count as femur, as in the masks of other tools.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from orthoai_training.synth.bone import Bone, Pose
from orthoai_training.synth.sdf import cone, smooth_union, sphere, tube
from orthoai_training.synth.shape import AnalyticShape, Bounds

METAL_HU = 3000.0
"""Steel, cobalt-chromium or titanium: all near or beyond the end of the usual 12-bit scale."""

CUP_HU = 2400.0
"""A thin shell with a plastic liner."""

NECK_END = (30.0, 4.0, -26.0)
"""From the head's center along the neck of a usual femur to the trochanters, mm in the femur's frame."""


@dataclass(frozen=True)
class Implant:
    """A metal part.

    Attributes:
        name: "hip_stem", "hip_cup", "hip_nail", "knee_cap" or "knee_tray".
        label: the femur's label for a femoral component, 0 for a cup or a tibial tray.
    """

    name: str
    shape: AnalyticShape
    pose: Pose
    label: int
    hu: float = METAL_HU

    def distance(self, lps: Tensor) -> Tensor:
        """Signed distance in mm at LPS points (..., 3)."""
        return self.shape.distance(self.pose.to_local(lps))

    def lps_bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Smallest LPS box (min, max) in mm that holds the part."""
        return self.pose.placed_bounds(self.shape.bounds)


def hip_prosthesis(femur: Bone, rng: np.random.Generator) -> list[Implant]:
    """Ball, neck and stem in the femur, and a cup in the socket."""
    pose = Pose(femur.pose.rotation, femur.pose.translation, femur.pose.mirror)
    ball = float(rng.uniform(13, 18))
    offset = 42 * femur.pose.scale[0]

    def stem(p: Tensor) -> Tensor:
        shaft = tube(p, [(offset * 0.72, 4, -26), (offset, 2, -60), (offset * 0.90, -4, -145)], [9.5, 8.0, 4.5])
        neck = cone(p, (0, 0, 0), (offset * 0.72, 4, -26), 6.5, 8.5)
        return smooth_union(smooth_union(sphere(p, (0, 0, 0), ball), neck, 2.0), shaft, 3.0)

    def cup(p: Tensor) -> Tensor:
        opening = torch.tensor((0.75, -0.25, -0.60), dtype=p.dtype, device=p.device)
        shell = (sphere(p, (0, 0, 0), ball + 7.5)).abs() - 2.0
        return torch.maximum(shell, p @ opening - 3.0)

    stem_bounds: Bounds = ((-ball - 2, -ball - 12, -156), (offset + 14, ball + 12, ball + 2))
    cup_bounds: Bounds = ((-32, -32, -32), (32, 32, 32))
    return [
        Implant("hip_stem", AnalyticShape(stem, stem_bounds), pose, femur.label),
        Implant("hip_cup", AnalyticShape(cup, cup_bounds), pose, 0, CUP_HU),
    ]


def without_head(femur: Bone, rng: np.random.Generator) -> Bone:
    """The bone that a hip prosthesis is put into: head and upper neck are sawn off across the neck."""
    neck = np.array(NECK_END) / np.linalg.norm(NECK_END)
    cut = float(rng.uniform(16, 30))

    def distance(p: Tensor) -> Tensor:
        along = p @ torch.as_tensor(neck, dtype=p.dtype, device=p.device)
        return torch.maximum(femur.shape.distance(p), cut - along)

    return replace(femur, shape=AnalyticShape(distance, femur.shape.bounds), regions=())


def hip_nail(femur: Bone, rng: np.random.Generator) -> list[Implant]:
    """A nail down the shaft and a lag screw up the neck into the head, as after a fracture of the hip."""
    pose = Pose(femur.pose.rotation, femur.pose.translation, femur.pose.mirror)
    offset = 42 * femur.pose.scale[0]
    nail, screw = float(rng.uniform(4.5, 6.5)), float(rng.uniform(3.5, 5.5))
    tip = tuple(rng.uniform(-5, 5, 3))
    length = float(rng.uniform(130, 300))

    def metal(p: Tensor) -> Tensor:
        rod = tube(
            p, [(offset * 1.02, 2, 8), (offset, 0, -40), (offset * 0.92, -4, -length)], [nail + 2, nail + 1, nail]
        )
        return torch.minimum(rod, cone(p, tip, (offset + 20, 4, -48), screw, screw))

    bounds: Bounds = ((-14, -18, -length - 10), (offset + 30, 18, 18))
    return [Implant("hip_nail", AnalyticShape(metal, bounds), pose, femur.label)]


def knee_prosthesis(femur: Bone, shank: Pose, plateau: float) -> list[Implant]:
    """A metal cap on the condyles and a tray with a keel on the tibia.

    Args:
        shank: the lower leg's pose.
        plateau: z of the tibial plateau in the lower leg's frame, mm.
    """
    outer = femur.shape
    low = outer.bounds[0][2]
    pose = Pose(femur.pose.rotation, femur.pose.translation, femur.pose.mirror, femur.pose.scale)

    def cap(p: Tensor) -> Tensor:
        return torch.maximum((outer.distance(p) + 2.0).abs() - 2.2, p[..., 2] - (low + 38.0))

    def tray(p: Tensor) -> Tensor:
        flat = torch.linalg.vector_norm(p[..., :2] / torch.tensor((1.0, 0.66), device=p.device), dim=-1) - 36.0
        plate = torch.maximum(flat, (p[..., 2] - (plateau - 3)).abs() - 2.0)
        return torch.minimum(plate, cone(p, (0, 6, plateau - 4), (0, 6, plateau - 44), 7.0, 5.0))

    cap_bounds: Bounds = (outer.bounds[0], (outer.bounds[1][0], outer.bounds[1][1], low + 42))
    return [
        Implant("knee_cap", AnalyticShape(cap, cap_bounds), pose, femur.label),
        Implant("knee_tray", AnalyticShape(tray, ((-42, -30, plateau - 54), (42, 34, plateau + 4))), shank, 0),
    ]
