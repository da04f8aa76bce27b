"""The trained network as the file that :class:`orthoai.tasks.ovf.outline_network.OnnxOutlines` runs."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from orthoai.tasks.ovf.outline_network import OUTLINE_SIZE, OUTPUT, SLICES
from torch import nn

from orthoai_training.half_onnx import OPSET, store_half


def export_outline(network: nn.Module, target: Path) -> Path:
    """Write ``network`` to ``target`` (.onnx, float16 weights); shares of any batch."""
    told = nn.Sequential(network, nn.Sigmoid()).cpu().eval()
    with warnings.catch_warnings():
        # The exporter warns of sizes that become constants: only the batch may differ, and it does not become one.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            told,
            (torch.rand(2, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE),),
            str(target),
            dynamo=False,
            input_names=["seen"],
            output_names=[OUTPUT],
            dynamic_axes={name: {0: "batch"} for name in ("seen", OUTPUT)},
            opset_version=OPSET,
        )
    store_half(target)
    return target
