"""A fracture network by name, in the size of a recipe: ours, its ablations, the comparators of the paper's Table 2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from orthoai.errors import InputError
from torch import nn

from orthoai_training.fracture import comparators
from orthoai_training.fracture.network.msff import COMPACT_NETWORK, PAPER_NETWORK, Msff, MsffConfig

OURS = "msff"

ABLATIONS = {
    "no FFM": {"use_ffm": False},
    "no SEM": {"use_se": False},
    "no ASPP": {"use_aspp": False},
    "no RCBAM": {"use_rcbam": False},
    "no RBRAB": {"use_rbrab": False},
    "no LPRAB": {"use_lprab": False},
}
"""The paper's Table 1 without its first row: name to what is switched off."""

COMPARATORS: dict[str, Callable[[bool, int], nn.Module]] = {
    "U-Net": comparators.unet,
    "U-Net++": comparators.unet_plus_plus,
    "SegNet": comparators.segnet,
    "FCN": comparators.fcn,
    "SpineGAN": comparators.spine_gan,
    "DeepLabv3+": comparators.deeplab_v3_plus,
}
"""The paper's Table 2: name to what builds it, given whether it is to be compact and the number of outputs."""

NETWORKS = (OURS, *ABLATIONS, *COMPARATORS)

STRIDE = 32
"""Sides of pictures for any of the networks are multiples of this."""


def build_network(name: str, recipe: str) -> nn.Module:
    """The network called ``name`` in the size of ``recipe`` ("paper" or "compact"): (B, 1, H, W) to (B, outputs, H, W).

    Raises:
        InputError: no such network.
    """
    config = config_of(recipe)
    if name == OURS:
        return Msff(config)
    if name in ABLATIONS:
        return Msff(replace(config, **ABLATIONS[name]))
    if name in COMPARATORS:
        return COMPARATORS[name](recipe == "compact", config.outputs)
    raise InputError(f"There is no fracture network named {name!r}: choose one of {', '.join(NETWORKS)}.")


def config_of(recipe: str) -> MsffConfig:
    """The sizes of our network for a recipe."""
    return COMPACT_NETWORK if recipe == "compact" else PAPER_NETWORK
