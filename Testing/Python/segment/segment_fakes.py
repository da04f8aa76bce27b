"""Networks and volumes whose answer is known."""

from __future__ import annotations

import numpy as np
import torch
from orthoai.geometry import Geometry
from orthoai.volume import Volume
from torch import nn

THRESHOLD_HU = 200
RANGE_HU = (-100.0, 500.0)


class Threshold(nn.Module):
    """Foreground where the input is above :data:`THRESHOLD_HU`."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv3d(1, 2, 1)
        cut = (THRESHOLD_HU - RANGE_HU[0]) / (RANGE_HU[1] - RANGE_HU[0])
        with torch.no_grad():
            self.layer.weight.copy_(torch.tensor([0.0, 8.0]).reshape(2, 1, 1, 1, 1))
            self.layer.bias.copy_(torch.tensor([0.0, -8.0 * cut]))

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        return self.layer(windows)


def sphere(
    spacing: tuple[float, float, float], size_mm: float = 44.0, radius_mm: float = 15.0, slope: float = 100.0
) -> tuple[Volume, np.ndarray]:
    """A ball whose HU fall by ``slope`` per mm through THRESHOLD_HU at its surface; and each voxel's mm outside it."""
    size = [round(size_mm / step) for step in spacing]
    x, y, z = ((np.arange(n) + 0.5) * step - size_mm / 2 for n, step in zip(size, spacing, strict=True))
    distance = np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2)
    hu = np.clip(THRESHOLD_HU + slope * (radius_mm - distance), -1000, 1500).astype(np.int16)
    return Volume(hu, Geometry(shape=hu.shape, spacing=spacing)), distance - radius_mm
