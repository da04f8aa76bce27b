"""Dice and binary cross entropy: the paper names no loss; this is what its metric and its task suggest."""

from __future__ import annotations

import torch
from torch import Tensor

from orthoai_training.fracture.cases import FRACTURE

SMOOTH = 1.0
"""Pixels added to both sides of a Dice ratio: an absent fracture is no error."""


def dice_bce(logits: Tensor, truth: Tensor) -> Tensor:
    """1 - soft Dice over all pixels of a batch, plus the mean binary cross entropy.

    Args:
        logits: (B, H, W) float32. truth: (B, H, W) 0 or 1.
    """
    truth = truth.to(logits.dtype)
    shares = torch.sigmoid(logits)
    dice = (2 * (shares * truth).sum() + SMOOTH) / (shares.sum() + truth.sum() + SMOOTH)
    return 1 - dice + torch.nn.functional.binary_cross_entropy_with_logits(logits, truth)


def fracture_loss(logits: Tensor, labels: Tensor, knows_bodies: Tensor, body_weight: float) -> Tensor:
    """Of the fracture and, with ``body_weight`` > 0, of all bodies.

    Args:
        logits: (B, 1 or 2, H, W): fracture, body. labels: (B, H, W), see FractureCase. knows_bodies: (B,) bool.
    """
    loss = dice_bce(logits[:, 0], labels == FRACTURE)
    if body_weight > 0 and bool(knows_bodies.any()):
        loss = loss + body_weight * dice_bce(logits[knows_bodies, 1], labels[knows_bodies] > 0)
    return loss
