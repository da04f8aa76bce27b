"""SpineGAN (Han et al. 2018), simplified: atrous autoencoder, LSTM along the spine, discriminator.

What is kept: the autoencoder with atrous convolutions, an LSTM that carries what it saw of one vertebra to the next,
and an adversarial loss. What is simpler: one LSTM over the rows of the coarsest features, both ways, in place of the
paper's local grid of LSTM cells; and both sides of the game are trained by one optimizer through a gradient reversal
(Ganin et al. 2016) instead of in turn.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from orthoai_training.fracture.network.layers import ConvUnit

RATES = (1, 2, 4)
"""Of the atrous convolutions at the coarsest level."""

LEVELS = 4

ADVERSARIAL_WEIGHT = 0.02
"""Of the discriminator's gradient in the generator."""


class SpineGan(nn.Module):
    """The generator; with :meth:`extra_loss` the whole game.

    Shapes: (B, 1, H, W) to (B, outputs, H, W); H and W are multiples of 16.
    """

    def __init__(self, base: int, outputs: int) -> None:
        super().__init__()
        widths = [1, *(base * 2**level for level in range(LEVELS))]
        coarse = widths[-1]
        self.down = nn.ModuleList(
            nn.Sequential(ConvUnit(before, after), nn.Conv2d(after, after, 3, 2, 1), nn.ReLU(inplace=True))
            for before, after in pairwise(widths)
        )
        self.atrous = nn.Sequential(*(ConvUnit(coarse, coarse, dilation=rate) for rate in RATES))
        self.memory = nn.LSTM(coarse, coarse // 2, batch_first=True, bidirectional=True)
        ups = [*reversed(widths[1:]), base]
        self.up = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), ConvUnit(before, after))
            for before, after in pairwise(ups)
        )
        self.head = nn.Conv2d(base, outputs, 1)
        self.judge = _Judge(base)

    def forward(self, picture: Tensor) -> Tensor:
        features = picture
        for step in self.down:
            features = step(features)
        features = self.atrous(features)
        features = features + self._remembered(features)
        for step in self.up:
            features = step(features)
        return self.head(features)

    def _remembered(self, features: Tensor) -> Tensor:
        """What the LSTM says, row by row: (B, C, h, w) to the same shape."""
        batch, channels, height, width = features.shape
        columns = features.permute(0, 3, 2, 1).reshape(batch * width, height, channels)
        found, _ = self.memory(columns)
        return found.reshape(batch, width, height, channels).permute(0, 3, 2, 1)

    def extra_loss(self, picture: Tensor, logits: Tensor, truth: Tensor) -> Tensor:
        """The adversarial loss: the judge learns to tell masks from answers, the generator to make that hard.

        Args:
            picture: (B, 1, H, W). logits: (B, H, W) of the fracture. truth: (B, H, W) 0 or 1.
        """
        answer = _Reversal.apply(torch.sigmoid(logits))[:, None]
        shown = torch.cat([torch.cat([picture, picture]), torch.cat([truth[:, None].to(answer.dtype), answer])], 1)
        verdict = self.judge(shown)
        wanted = torch.cat([torch.ones(len(truth)), torch.zeros(len(truth))]).to(verdict.device)
        return nn.functional.binary_cross_entropy_with_logits(verdict, wanted)


class _Reversal(torch.autograd.Function):
    """The same values; a gradient of the other sign and less of it."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return -ADVERSARIAL_WEIGHT * gradients[0]


class _Judge(nn.Module):
    """Picture and mask (B, 2, H, W) to one logit (B,) each: was the mask drawn by a person?"""

    def __init__(self, base: int) -> None:
        super().__init__()
        widths = [2, base, 2 * base, 4 * base]
        self.look = nn.Sequential(
            *(nn.Sequential(nn.Conv2d(before, after, 4, 4), nn.LeakyReLU(0.2)) for before, after in pairwise(widths))
        )
        self.dense = nn.Linear(widths[-1], 1)

    def forward(self, shown: Tensor) -> Tensor:
        return self.dense(self.look(shown).mean((2, 3)))[:, 0]
