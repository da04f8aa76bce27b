"""The outline network: a small U-Net (Falk et al. 2019), from MONAI."""

from __future__ import annotations

from monai.networks.nets import BasicUNet
from orthoai.tasks.ovf.outline_network import SLICES

FEATURES = (16, 16, 32, 48, 64, 16)


def build_outline() -> BasicUNet:
    """(B, SLICES + 1, H, W) of 0..1 to logits (B, 1, H, W); H and W multiples of 16."""
    return BasicUNet(spatial_dims=2, in_channels=SLICES + 1, out_channels=1, features=FEATURES)
