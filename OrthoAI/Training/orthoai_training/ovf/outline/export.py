"""The trained network as the file that :class:`orthoai.tasks.ovf.outline_network.OnnxOutlines` runs."""

from __future__ import annotations

from pathlib import Path

import torch
from orthoai.tasks.ovf.outline_network import OUTLINE_SIZE, OUTPUT, SLICES
from torch import nn

from orthoai_training.half_onnx import write_half


def export_outline(network: nn.Module, target: Path) -> Path:
    """Write ``network`` to ``target`` (.onnx, float16 weights); shares of any batch."""
    example = torch.rand(2, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE)
    return write_half(nn.Sequential(network, nn.Sigmoid()), example, target, "seen", [OUTPUT])
