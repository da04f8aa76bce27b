"""What a bone's shape is: a signed distance in its own frame, parametric or sampled from a real surface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

Bounds = tuple[tuple[float, float, float], tuple[float, float, float]]


class Shape(Protocol):
    """A closed surface. Frame: LPS of a LEFT bone, millimeters, origin at the bone's joint landmark."""

    @property
    def bounds(self) -> Bounds:
        """(min xyz, max xyz) in mm that hold the surface."""

    def distance(self, points: Tensor) -> Tensor:
        """Signed distance in mm (negative inside) at ``points`` (..., 3)."""


@dataclass(frozen=True)
class AnalyticShape:
    """A shape given by a function from points (..., 3) to signed distances (...)."""

    function: Callable[[Tensor], Tensor]
    bounds: Bounds

    def distance(self, points: Tensor) -> Tensor:
        """See :class:`Shape`."""
        return self.function(points)


@dataclass(frozen=True)
class SampledShape:
    """A shape given by signed distances on a regular grid, read by trilinear interpolation.

    Attributes:
        field: (Z, Y, X) float32, mm.
        origin: xyz of field[0, 0, 0] in mm.
        step: grid spacing in mm.
    """

    field: Tensor
    origin: tuple[float, float, float]
    step: float

    @property
    def bounds(self) -> Bounds:
        """See :class:`Shape`."""
        size = self.field.shape[::-1]
        end = [o + (n - 1) * self.step for o, n in zip(self.origin, size, strict=True)]
        return self.origin, (end[0], end[1], end[2])

    def distance(self, points: Tensor) -> Tensor:
        """See :class:`Shape`; outside the grid the nearest border value is used."""
        size = torch.tensor(self.field.shape[::-1], dtype=points.dtype, device=points.device)
        origin = torch.tensor(self.origin, dtype=points.dtype, device=points.device)
        unit = (points - origin) / (self.step * (size - 1)) * 2 - 1
        field = self.field.to(device=points.device, dtype=points.dtype)[None, None]
        sampled = F.grid_sample(
            field, unit.reshape(1, -1, 1, 1, 3), mode="bilinear", padding_mode="border", align_corners=True
        )
        return sampled.reshape(points.shape[:-1])
