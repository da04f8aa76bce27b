"""The standard U-Net's contracting path, whose blocks feed the fusion."""

from __future__ import annotations

from torch import Tensor, nn

from orthoai_training.fracture.network.layers import ConvUnit

BLOCKS = 5


class UnetEncoder(nn.Module):
    """Blocks 1 to 5 of a U-Net (Ronneberger et al. 2015): two 3 x 3 convolutions each, max pooling between them.

    Shapes: (B, channels, H, W) to five tensors; block n is (B, base 2^(n-1), H / 2^(n-1), W / 2^(n-1)).
    """

    def __init__(self, channels: int, base: int) -> None:
        super().__init__()
        self.widths = tuple(base * 2**level for level in range(BLOCKS))
        inputs = (channels, *self.widths)
        self.blocks = nn.ModuleList(
            nn.Sequential(ConvUnit(before, after), ConvUnit(after, after))
            for before, after in zip(inputs, self.widths, strict=False)
        )
        self.pool = nn.MaxPool2d(2)

    def forward(self, picture: Tensor) -> list[Tensor]:
        found: list[Tensor] = []
        for block in self.blocks:
            found.append(block(self.pool(found[-1]) if found else picture))
        return found
