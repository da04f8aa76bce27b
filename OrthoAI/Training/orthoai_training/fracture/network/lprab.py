"""LPRAB, the Local Position Residual Attention Block."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from orthoai_training.fracture.network.layers import ConvUnit, size_of

LOCAL = 7
"""Side of the neighborhood that a pixel's weight depends on."""


class Lprab(nn.Module):
    """Attention that knows where it looks (paper: "Local Position Residual Attention Block", Fig. 6).

    A weight 0..1 per channel and pixel comes from the features of its neighborhood and from the pixel's coordinates, in
    tiles from the middle of the picture. The residual path learns from the weighed features and is added to the
    identity path.

    Shapes: (B, width, H, W) to the same shape.

    Args:
        extent: pixels of a whole tile at this place of the network: crops that are smaller keep its scale.
    """

    def __init__(self, width: int, extent: int) -> None:
        super().__init__()
        self.extent = extent
        self.local = nn.Conv2d(width, width, LOCAL, padding=LOCAL // 2, groups=width, bias=False)
        self.position = nn.Conv2d(width + 2, width, 1)
        self.path = nn.Sequential(
            ConvUnit(width, width), nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )
        self.out = nn.ReLU()

    def forward(self, features: Tensor) -> Tensor:
        rows, columns = (self._places(features, side) for side in size_of(features))
        shape = (features.shape[0], 1, features.shape[2], features.shape[3])
        place = torch.cat([rows[:, None].expand(shape), columns[None, :].expand(shape)], 1)
        weights = torch.sigmoid(self.position(torch.cat([self.local(features), place], 1)))
        return self.out(features + self.path(features * weights))

    def _places(self, features: Tensor, side: int) -> Tensor:
        steps = torch.arange(side, dtype=features.dtype, device=features.device)
        return (steps - (side - 1) / 2) * (2 / self.extent)
