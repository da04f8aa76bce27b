"""Signed distances in torch: negative inside, millimeters, points (..., 3) in the shape's own frame."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Point = Sequence[float]


def _at(points: Tensor, xyz: Point) -> Tensor:
    return points - torch.as_tensor(xyz, dtype=points.dtype, device=points.device)


def sphere(points: Tensor, center: Point, radius: float) -> Tensor:
    """Exact distance to a sphere."""
    return torch.linalg.vector_norm(_at(points, center), dim=-1) - radius


def ellipsoid(points: Tensor, center: Point, radii: Point) -> Tensor:
    """Distance to an axis-aligned ellipsoid, first order: exact on the surface and for a sphere."""
    scaled = _at(points, center) / torch.as_tensor(radii, dtype=points.dtype, device=points.device)
    length = torch.linalg.vector_norm(scaled, dim=-1)
    slope = torch.linalg.vector_norm(
        scaled / torch.as_tensor(radii, dtype=points.dtype, device=points.device), dim=-1
    ).clamp_min(1e-6)
    return (length * (length - 1) / slope).clamp_min(-float(min(radii)))


def cone(points: Tensor, start: Point, end: Point, start_radius: float, end_radius: float) -> Tensor:
    """Distance to a capsule whose radius goes linearly from ``start_radius`` to ``end_radius``."""
    a = torch.as_tensor(start, dtype=points.dtype, device=points.device)
    axis = torch.as_tensor(end, dtype=points.dtype, device=points.device) - a
    offset = points - a
    along = (offset @ axis / axis.dot(axis)).clamp(0, 1)
    radial = torch.linalg.vector_norm(offset - along.unsqueeze(-1) * axis, dim=-1)
    return radial - (start_radius + (end_radius - start_radius) * along)


def tube(points: Tensor, path: Sequence[Point], radii: Sequence[float]) -> Tensor:
    """Distance to a chain of cones through ``path``."""
    parts = [cone(points, path[n], path[n + 1], radii[n], radii[n + 1]) for n in range(len(path) - 1)]
    return torch.stack(parts).amin(dim=0)


def smooth_union(first: Tensor, second: Tensor, blend: float) -> Tensor:
    """Union whose crease is rounded over ``blend`` mm (polynomial smooth minimum)."""
    h = (0.5 + 0.5 * (second - first) / blend).clamp(0, 1)
    return second + (first - second) * h - blend * h * (1 - h)


def join(parts: Sequence[Tensor], blend: float) -> Tensor:
    """Smooth union of several."""
    total = parts[0]
    for part in parts[1:]:
        total = smooth_union(total, part, blend)
    return total


def smooth_cut(body: Tensor, hole: Tensor, blend: float) -> Tensor:
    """``body`` without ``hole``, the rim rounded over ``blend`` mm."""
    return -smooth_union(-body, hole, blend)
