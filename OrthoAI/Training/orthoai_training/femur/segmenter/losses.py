"""Losses of the recipes, from MONAI."""

from __future__ import annotations

from collections.abc import Callable

import torch
from monai.losses import DiceCELoss, DiceLoss
from orthoai.errors import InputError

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def build_loss(name: str) -> Loss:
    """Loss of logits (B, 2, K, J, I) against a mask (B, 1, K, J, I).

    "dice" is the paper's. "dice_ce" adds cross entropy, which also learns from patches that hold no femur: there the
    Dice of the femur has no gradient.
    """
    if name == "dice":
        return DiceLoss(softmax=True, to_onehot_y=True)
    if name == "dice_ce":
        return DiceCELoss(softmax=True, to_onehot_y=True, include_background=False, batch=True)
    raise InputError(f"There is no loss named {name!r}: choose dice or dice_ce.")
