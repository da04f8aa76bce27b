"""From four levels to one stack of features: SEM per level, 1 x 1 convolution, one size."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from orthoai_training.fracture.network.layers import ConvUnit, resized
from orthoai_training.fracture.network.squeeze_excitation import SqueezeExcitation


class CommonSize(nn.Module):
    """SEM and the 1 x 1 convolution "to resize all the features" (paper: 256 x 256 x 64), then the levels joined.

    A 1 x 1 convolution sets the channels; the rows and columns are resized beside it. The levels are concatenated and
    brought back to ``width`` channels by one more 1 x 1 convolution: the paper does not say how they are joined.

    Shapes: ``levels`` tensors (B, width, h, w) to (B, width, *size).

    Args:
        use_se: False leaves the channels unweighed (ablation "No SEM").
    """

    def __init__(self, levels: int, width: int, use_se: bool = True) -> None:
        super().__init__()
        self.excite = nn.ModuleList(SqueezeExcitation(width) if use_se else nn.Identity() for _ in range(levels))
        self.align = nn.ModuleList(ConvUnit(width, width, 1) for _ in range(levels))
        self.join = ConvUnit(levels * width, width, 1)

    def forward(self, levels: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        steps = zip(self.excite, self.align, levels, strict=True)
        return self.join(torch.cat([resized(align(excite(level)), size) for excite, align, level in steps], 1))
