"""FFM, the Feature Fusion Module."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from orthoai_training.fracture.network.layers import ConvUnit, resized, size_of


class FeatureFusion(nn.Module):
    """Each of four levels fused with the other three (paper: "Feature Fusion Module", Fig. 1).

    Every level is brought to ``width`` channels by a 1 x 1 convolution. For each level the other three are resized to
    its size, all four are concatenated and mixed by a 1 x 1 convolution.

    Shapes: four tensors (B, inputs[n], H / 2^n, W / 2^n) to four tensors (B, width, H / 2^n, W / 2^n).

    Args:
        is_on: without fusion every level keeps to itself; the shapes are the same (ablation "No FFM").
    """

    def __init__(self, inputs: Sequence[int], width: int, is_on: bool = True) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(ConvUnit(channels, width, 1) for channels in inputs)
        self.mix = nn.ModuleList(ConvUnit(len(inputs) * width, width, 1) for _ in inputs) if is_on else None

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        narrow = [reduce(level) for reduce, level in zip(self.reduce, levels, strict=True)]
        if self.mix is None:
            return narrow
        fused = []
        for mix, level in zip(self.mix, narrow, strict=True):
            fused.append(mix(torch.cat([resized(other, size_of(level)) for other in narrow], 1)))
        return fused
