"""The compact segmenter: a small U-Net whose skips are added, as in LinkNet, so that full resolution stays cheap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

COMPACT_WIDTHS = (16, 32, 64, 128, 192, 224)
"""Channels at full resolution and after each halving."""


class CompactUNet(nn.Module):
    """Logits (B, classes, H, W) of pictures (B, channels, H, W); H and W are multiples of :attr:`stride`.

    Args:
        channels: of the input.
        classes: of the output.
        widths: channels per level, finest first.
    """

    def __init__(self, channels: int = 3, classes: int = 4, widths: Sequence[int] = COMPACT_WIDTHS) -> None:
        super().__init__()
        self.stride = 2 ** (len(widths) - 1)
        self.stem = _conv(channels, widths[0])
        self.down = nn.ModuleList(
            nn.Sequential(_conv(fine, coarse, stride=2), Residual(coarse)) for fine, coarse in pairwise(widths)
        )
        # The channels shrink before the picture grows: the same result for a quarter of the work.
        self.shrink = nn.ModuleList(nn.Conv2d(coarse, fine, 1, bias=False) for fine, coarse in pairwise(widths))
        self.merge = nn.ModuleList(_conv(fine, fine) for fine in widths[:-1])
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, picture: Tensor) -> Tensor:
        levels = [self.stem(picture)]
        for step in self.down:
            levels.append(step(levels[-1]))
        features = levels.pop()
        for shrink, merge in zip(reversed(self.shrink), reversed(self.merge), strict=True):
            grown = nn.functional.interpolate(shrink(features), scale_factor=2.0, mode="bilinear", align_corners=False)
            features = merge(grown + levels.pop())
        return self.head(features)


class Residual(nn.Module):
    """One 3 x 3 convolution added to what it is given."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = _conv(width, width)

    def forward(self, features: Tensor) -> Tensor:
        return features + self.conv(features)


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
