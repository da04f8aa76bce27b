"""The trained network as the file that :class:`orthoai.tasks.ovf.outline_network.OnnxOutlines` runs, and back."""

from __future__ import annotations

from pathlib import Path

import torch
from orthoai.errors import InputError
from orthoai.tasks.ovf.outline_network import OUTLINE_SIZE, OUTPUT, SLICES
from torch import nn

from orthoai_training.half_onnx import stored_weights, write_half

WRAPPED = "0."
"""Before the names of the network's weights in the file: it lies in front of a sigmoid."""


def export_outline(network: nn.Module, target: Path) -> Path:
    """Write ``network`` to ``target`` (.onnx, float16 weights); shares of any batch."""
    example = torch.rand(2, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE)
    return write_half(nn.Sequential(network, nn.Sigmoid()), example, target, "seen", [OUTPUT])


def load_outline(network: nn.Module, file: Path) -> None:
    """Give ``network`` the weights of ``file``, which :func:`export_outline` wrote.

    Of a network that was never trained the exporter stores equal tensors once; such a file is refused, too.

    Raises:
        InputError: it is a network of another build.
    """
    stored, own = stored_weights(file), network.state_dict()
    taken = {name: stored[f"{WRAPPED}{name}"] for name in own if f"{WRAPPED}{name}" in stored}
    if {name: values.shape for name, values in taken.items()} != {name: tuple(v.shape) for name, v in own.items()}:
        raise InputError(f"{file.name} is an outline network of another build: name another model with --start.")
    network.load_state_dict({name: torch.from_numpy(values) for name, values in taken.items()})
