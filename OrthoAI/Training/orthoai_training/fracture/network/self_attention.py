"""Self-attention on a pooled grid."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from orthoai_training.fracture.network.layers import resized, size_of


class PooledSelfAttention(nn.Module):
    """Every place of a pooled grid attends to every other (Zhang et al. 2019, "SAGAN"), added to the input.

    Between all pixels of 256 x 256 the table of weights would have 4 billion entries, so places are blocks of ``pool``
    x ``pool`` pixels. What attention finds is grown back and added with a learned factor that begins at 0.

    Shapes: (B, width, H, W) to the same shape; H and W are multiples of ``pool``.
    """

    def __init__(self, width: int, pool: int) -> None:
        super().__init__()
        hidden = max(4, width // 8)
        self.pool = pool
        self.query = nn.Conv2d(width, hidden, 1)
        self.key = nn.Conv2d(width, hidden, 1)
        self.value = nn.Conv2d(width, width, 1)
        self.factor = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        blocks = nn.functional.avg_pool2d(features, self.pool) if self.pool > 1 else features
        query, key, value = (conv(blocks).flatten(2) for conv in (self.query, self.key, self.value))
        weights = torch.softmax(query.transpose(1, 2) @ key / query.shape[1] ** 0.5, -1)
        found = (value @ weights.transpose(1, 2)).reshape(blocks.shape)
        return features + self.factor * resized(found, size_of(features))
