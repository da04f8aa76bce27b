"""RCBAM, the Residual Convolution Block Attention Module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from orthoai_training.fracture.network.layers import ConvUnit, ResidualBlock


class ChannelAttention(nn.Module):
    """CBAM's channel attention (Woo et al. 2018): (B, width, H, W) to the same shape."""

    def __init__(self, width: int, reduction: int = 4) -> None:
        super().__init__()
        hidden = max(4, width // reduction)
        self.shared = nn.Sequential(nn.Conv2d(width, hidden, 1), nn.ReLU(inplace=True), nn.Conv2d(hidden, width, 1))

    def forward(self, features: Tensor) -> Tensor:
        mean = self.shared(features.mean((2, 3), keepdim=True))
        most = self.shared(features.amax((2, 3), keepdim=True))
        return features * torch.sigmoid(mean + most)


class SpatialAttention(nn.Module):
    """CBAM's spatial attention with a 7 x 7 kernel: (B, width, H, W) to the same shape."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        both = torch.cat([features.mean(1, keepdim=True), features.amax(1, keepdim=True)], 1)
        return features * torch.sigmoid(self.conv(both))


class Rcbam(nn.Module):
    """CBAM with a residual block beside each attention (paper: "Residual Convolution Block Attention Module", Fig. 4).

    Channel attention and a residual block see the same input and are concatenated; spatial attention and a second
    residual block see that, and are concatenated as well. A 1 x 1 convolution after each concatenation brings the
    channels back to ``width``.

    Shapes: (B, width, H, W) to the same shape.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.channel = ChannelAttention(width)
        self.first = ResidualBlock(width)
        self.first_mix = ConvUnit(2 * width, width, 1)
        self.spatial = SpatialAttention()
        self.second = ResidualBlock(width)
        self.second_mix = ConvUnit(2 * width, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        middle = self.first_mix(torch.cat([self.channel(features), self.first(features)], 1))
        return self.second_mix(torch.cat([self.spatial(middle), self.second(middle)], 1))
