"""SegNet (Badrinarayanan et al. 2015): pooling remembers its places, and growing puts the values back there."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from orthoai_training.fracture.network.layers import ConvUnit

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""Per level, as in VGG16."""


class SegNet(nn.Module):
    """Shapes: (B, 1, H, W) to (B, outputs, H, W); H and W are multiples of 32.

    Args:
        base: channels of the first level; 64 is VGG16's.
    """

    def __init__(self, base: int, outputs: int) -> None:
        super().__init__()
        widths = [1, base, 2 * base, 4 * base, 8 * base, 8 * base]
        pairs = list(zip(widths, widths[1:], CONVOLUTIONS, strict=False))
        self.down = nn.ModuleList(_level(before, after, after, count) for before, after, count in pairs)
        self.up = nn.ModuleList(
            _level(after, after, max(before, base), count) for before, after, count in reversed(pairs)
        )
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.grow = nn.MaxUnpool2d(2)
        self.head = nn.Conv2d(base, outputs, 1)

    def forward(self, picture: Tensor) -> Tensor:
        features, places = picture, []
        for level in self.down:
            features, place = self.pool(level(features))
            places.append(place)
        for level in self.up:
            # Contiguous: pooling and its undoing must count places alike.
            features = level(self.grow(features.contiguous(), places.pop().contiguous()))
        return self.head(features)


def _level(inputs: int, middle: int, outputs: int, count: int) -> nn.Sequential:
    widths = [inputs, *[middle] * (count - 1), outputs]
    return nn.Sequential(*(ConvUnit(before, after) for before, after in pairwise(widths)))
