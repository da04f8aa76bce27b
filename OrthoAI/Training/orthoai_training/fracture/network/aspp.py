"""ASPP, Atrous Spatial Pyramid Pooling."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from orthoai_training.fracture.network.layers import ConvUnit

RATES = (6, 12, 18)
"""Of Chen et al.; the paper names none."""


class Aspp(nn.Module):
    """Context at several scales (Chen et al. 2016, 2018; paper: "Atrous Spatial Pyramid Pooling", Fig. 3).

    A 1 x 1 convolution, one 3 x 3 convolution per atrous rate and the picture's mean, concatenated and mixed by 1 x 1.

    Shapes: (B, width, H, W) to the same shape.
    """

    def __init__(self, width: int, rates: Sequence[int] = RATES) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [ConvUnit(width, width, 1), *(ConvUnit(width, width, dilation=rate) for rate in rates)]
        )
        # No normalization here: one value per channel and picture has no spread to normalize.
        self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, width, 1), nn.ReLU(inplace=True))
        self.mix = ConvUnit((len(rates) + 2) * width, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        found = [branch(features) for branch in self.branches]
        found.append(self.whole(features).expand_as(features))
        return self.mix(torch.cat(found, 1))
