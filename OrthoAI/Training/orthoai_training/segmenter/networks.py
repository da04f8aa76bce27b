"""The networks that the trainer knows, by the names that model cards use."""

from __future__ import annotations

from typing import Any

import torch
from monai.networks.nets import SegResNet
from orthoai.errors import InputError

from orthoai_training.segmenter.transunet import TransUNet3d
from orthoai_training.train.recipes import SegmenterRecipe


def build_network(recipe: SegmenterRecipe) -> torch.nn.Module:
    """The untrained network of ``recipe``: (B, 1, K, J, I) in 0..1 to logits (B, 2, K, J, I)."""
    if recipe.architecture == "segresnet":
        return SegResNet(
            spatial_dims=3,
            init_filters=recipe.init_filters,
            in_channels=1,
            out_channels=2,
            dropout_prob=recipe.dropout or None,
            blocks_down=recipe.blocks_down,
            blocks_up=recipe.blocks_up,
        )
    if recipe.architecture == "transunet":
        return TransUNet3d(patch=recipe.patch, filters=recipe.init_filters, dropout=recipe.dropout)
    raise InputError(f"There is no architecture named {recipe.architecture!r}: choose segresnet or transunet.")


def network_card(recipe: SegmenterRecipe) -> dict[str, Any]:
    """What a model's metadata.json says about the network, without the file and its sha256."""
    card: dict[str, Any] = {
        "architecture": recipe.architecture,
        "init_filters": recipe.init_filters,
        "dropout": recipe.dropout,
        "spacing_mm": list(recipe.spacing_mm),
        "intensity_range_hu": list(recipe.intensity_range_hu),
        "patch": list(recipe.patch),
    }
    if recipe.architecture == "segresnet":
        card |= {"blocks_down": list(recipe.blocks_down), "blocks_up": list(recipe.blocks_up)}
    return card
