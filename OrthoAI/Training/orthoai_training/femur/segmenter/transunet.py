"""A 3D TransUNet for the comparison of the paper's Table 7.

Chen et al., "TransUNet: Transformers Make Strong Encoders for Medical Image Segmentation", arXiv:2102.04306 (2021): a
convolutional encoder, a vision transformer over its deepest features, and a U-Net decoder with skip connections. Here
in 3D with blocks of MONAI and torch; the deepest features (1/16 of the patch) are the tokens.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from monai.networks.blocks import Convolution, ResidualUnit, UnetrUpBlock
from orthoai.errors import InputError
from torch import nn

REDUCTION = 16
"""Voxels of the patch per token, along each axis."""


class TransUNet3d(nn.Module):
    """Logits (B, classes, K, J, I) from images (B, 1, K, J, I) of exactly the size ``patch``.

    Args:
        patch: input size; each side a multiple of 16, because positions are learned per token.
        filters: channels at full resolution; they double at each of the four halvings.
        hidden, layers, heads: of the transformer.
        dropout: in the transformer.
    """

    def __init__(
        self,
        patch: tuple[int, int, int],
        filters: int = 16,
        classes: int = 2,
        hidden: int = 384,
        layers: int = 6,
        heads: int = 6,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if any(size % REDUCTION for size in patch):
            raise InputError(f"TransUNet needs a patch whose sides are multiples of {REDUCTION}: {patch} is not.")
        self.patch = tuple(patch)
        widths = [filters * 2**level for level in range(5)]
        self.stem = ResidualUnit(3, 1, widths[0], norm="INSTANCE")
        self.down = nn.ModuleList(
            ResidualUnit(3, narrow, wide, strides=2, norm="INSTANCE") for narrow, wide in pairwise(widths)
        )
        tokens = [size // REDUCTION for size in patch]
        self.embed = nn.Conv3d(widths[-1], hidden, kernel_size=1)
        self.position = nn.Parameter(torch.zeros(1, tokens[0] * tokens[1] * tokens[2], hidden))
        nn.init.trunc_normal_(self.position, std=0.02)
        # torch's own: MONAI's TransformerBlock would ask for einops.
        self.transformer = nn.ModuleList(
            nn.TransformerEncoderLayer(
                hidden, heads, 4 * hidden, dropout, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(hidden)
        self.restore = Convolution(3, hidden, widths[-1], kernel_size=1, norm="INSTANCE")
        self.up = nn.ModuleList(
            UnetrUpBlock(3, wide, narrow, kernel_size=3, upsample_kernel_size=2, norm_name="instance")
            for narrow, wide in zip(widths[-2::-1], widths[:0:-1], strict=True)
        )
        self.head = nn.Conv3d(widths[0], classes, kernel_size=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Convolve down, attend over all tokens, convolve up."""
        features = [self.stem(image)]
        for halve in self.down:
            features.append(halve(features[-1]))
        deepest = self.embed(features.pop())
        tokens = deepest.flatten(2).transpose(1, 2) + self.position
        for block in self.transformer:
            tokens = block(tokens)
        x = self.restore(self.norm(tokens).transpose(1, 2).reshape(deepest.shape))
        for double, skip in zip(self.up, reversed(features), strict=True):
            x = double(x, skip)
        return self.head(x)
