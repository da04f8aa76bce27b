"""A trained segmenter as the file that :class:`orthoai.tasks.disc.segment.SliceSegmenter` runs."""

from __future__ import annotations

from pathlib import Path

import torch
from orthoai.tasks.disc.segment import OUTPUT, STRIDE
from safetensors.torch import load_file

from orthoai_training.disc.segmentation.networks import CHANNELS, build_segmenter
from orthoai_training.half_onnx import write_half

NETWORK_FILE = "segmenter.onnx"
"""In the folder of a trained network."""


def export_segmenter(architecture: str, weights: Path, target: Path) -> Path:
    """Write the network with ``weights`` (safetensors) to ``target`` (.onnx, float16 weights); any size, any batch."""
    network = build_segmenter(architecture).network
    network.load_state_dict(load_file(weights))
    example = torch.rand(1, CHANNELS, 2 * STRIDE, 3 * STRIDE)
    return write_half(network, example, target, "picture", [OUTPUT], {0: "batch", 2: "rows", 3: "columns"})
