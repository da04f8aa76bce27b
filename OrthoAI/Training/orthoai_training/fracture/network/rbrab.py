"""RBRAB, the Residual Border Refinement Attention Block."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from orthoai_training.fracture.network.layers import ConvUnit
from orthoai_training.fracture.network.self_attention import PooledSelfAttention


class Rbrab(nn.Module):
    """Borders refined (paper: "Residual Border Refinement Attention Block", Fig. 5).

    Convolution 3 x 3, batch normalization and ReLU, twice; self-attention; the input concatenated with the result. A
    1 x 1 convolution brings the channels back to ``width``.

    Shapes: (B, width, H, W) to the same shape.

    Args:
        pool: side of a block of the self-attention, see :class:`PooledSelfAttention`.
    """

    def __init__(self, width: int, pool: int) -> None:
        super().__init__()
        self.refine = nn.Sequential(ConvUnit(width, width), ConvUnit(width, width), PooledSelfAttention(width, pool))
        self.mix = ConvUnit(2 * width, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        return self.mix(torch.cat([features, self.refine(features)], 1))
