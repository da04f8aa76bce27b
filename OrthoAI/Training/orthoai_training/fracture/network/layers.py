"""What several modules are built of."""

from __future__ import annotations

from torch import Tensor, nn


class ConvUnit(nn.Sequential):
    """Convolution, batch normalization, ReLU: (B, inputs, H, W) to (B, outputs, H, W)."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, dilation: int = 1) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=dilation, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions whose result is added to what they are given: (B, width, H, W) to the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            ConvUnit(width, width), nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )
        self.out = nn.ReLU()

    def forward(self, features: Tensor) -> Tensor:
        return self.out(features + self.path(features))


def resized(features: Tensor, size: tuple[int, int]) -> Tensor:
    """``features`` (B, C, h, w) at ``size`` (H, W): the mean of whole blocks when shrinking, bilinear when growing."""
    height, width = size_of(features)
    if (height, width) == size:
        return features
    if height > size[0]:
        return nn.functional.avg_pool2d(features, (height // size[0], width // size[1]))
    return nn.functional.interpolate(features, size, mode="bilinear", align_corners=False)


def size_of(features: Tensor) -> tuple[int, int]:
    """Rows and columns of (B, C, H, W); plain numbers also while a network is exported."""
    return int(features.shape[2]), int(features.shape[3])
