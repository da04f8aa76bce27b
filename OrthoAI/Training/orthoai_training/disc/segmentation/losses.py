"""The paper's Dice + focal loss, its plain alternative, and the distillation from a teacher."""

from __future__ import annotations

import torch
from torch import Tensor

from orthoai_training.disc.segmentation.slices import IGNORED

FOCAL_POWER = 2.0
"""Lin et al. 2017; the paper gives no other."""

SMOOTH = 1.0
"""Pixels added to both sides of a Dice ratio: an absent structure is no error."""


def dice_focal(logits: Tensor, target: Tensor) -> Tensor:
    """1 - mean soft Dice over the structures of a batch, plus the focal loss over its pixels.

    Args:
        logits: (B, classes, H, W) float32, class 0 is background.
        target: (B, H, W) class numbers or IGNORED.
    """
    counted = target != IGNORED
    labels = target.where(counted, torch.zeros_like(target))
    scores = logits.log_softmax(1)
    shares = scores.exp() * counted[:, None]
    truth = torch.nn.functional.one_hot(labels, logits.shape[1]).movedim(-1, 1) * counted[:, None]
    over = (0, 2, 3)
    dice = (2 * (shares * truth).sum(over) + SMOOTH) / (shares.sum(over) + truth.sum(over) + SMOOTH)
    right = scores.gather(1, labels[:, None])[:, 0]
    focal = -((1 - right.exp()) ** FOCAL_POWER) * right
    return 1 - dice[1:].mean() + (focal * counted).sum() / counted.sum().clamp_min(1)


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Without the paper's custom loss (its Table 1)."""
    return torch.nn.functional.cross_entropy(logits, target, ignore_index=IGNORED)


def distillation(logits: Tensor, teacher: Tensor) -> Tensor:
    """Cross entropy with the teacher's probabilities (B, classes, H, W), less the teacher's own entropy."""
    return torch.nn.functional.kl_div(logits.log_softmax(1), teacher, reduction="none").sum(1).mean()


LOSSES = {"dice_focal": dice_focal, "cross_entropy": cross_entropy}
