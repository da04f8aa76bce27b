"""The weights of a shipped network, back from its ONNX file, for a training that goes on from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.errors import InputError
from torch import Tensor, nn

from orthoai_training.half_onnx import HALF, stored_weights
from orthoai_training.normalizations import restore_normalizations, watched

WRAPPED = "network."
"""What names of weights begin with in a file whose exported module holds the network."""

FROM_MODEL = "on from a model's weights"
"""How such a training began, for its record."""


def load_folded(network: nn.Module, file: Path, pictures: Tensor, prefix: str = "") -> None:
    """Give ``network`` the weights of ``file``, to which such a network was exported.

    It then computes what the file does. Convolutions into which the exporter has folded a normalization have lost their
    names there, and are told by the order in which the network calls them.

    Args:
        pictures: (N, C, H, W) of the training, on the network's device: normalizations start with their statistics.
        prefix: of the weights' names in the file, such as WRAPPED.

    Raises:
        InputError: it is a network of another build.
    """
    other = InputError(f"{file.name} is a network of another build: name another model with --start.")
    calls, stored = _calls(network, pictures[:1]), stored_weights(file)
    folded = _convolutions(file, stored)
    if [tuple(conv.weight.shape) for conv, _ in calls] != [weight.shape for weight, _ in folded]:
        raise other
    names = {module: name for name, module in network.named_modules()}
    own = network.state_dict()
    values = {name: stored[f"{prefix}{name}"] for name in own if f"{prefix}{name}" in stored}
    biases: dict[nn.Module, Tensor] = {}
    for (conv, normalization), (weight, bias) in zip(calls, folded, strict=True):
        values[f"{names[conv]}.weight"] = weight
        if bias is not None and conv.bias is not None:
            values[f"{names[conv]}.bias"] = bias
        elif bias is not None and normalization is not None:
            biases[normalization] = torch.from_numpy(bias)
    put_back = tuple(f"{names[each]}." for each in biases)
    rest = [name for name in own if not name.startswith(put_back) and not name.endswith("num_batches_tracked")]
    if any(name not in values or values[name].shape != tuple(own[name].shape) for name in rest):
        raise other
    network.load_state_dict({name: torch.from_numpy(each) for name, each in values.items()}, strict=False)
    restore_normalizations(biases, network, lambda: network(pictures))


def _convolutions(
    file: Path, stored: Mapping[str, NDArray[np.float32]]
) -> list[tuple[NDArray[np.float32], NDArray[np.float32] | None]]:
    """(weight, bias) in ``stored`` of each convolution of ``file`` in the order in which they are computed."""
    import onnx

    inputs = [node.input for node in onnx.load(file).graph.node if node.op_type in ("Conv", "ConvTranspose")]
    plain = [[name.removesuffix(HALF) for name in each[1:]] for each in inputs]
    return [(stored[each[0]], stored[each[1]] if len(each) > 1 else None) for each in plain]


@torch.no_grad()
def _calls(network: nn.Module, picture: Tensor) -> list[tuple[Any, nn.Module | None]]:
    """(convolution, the normalization of what it gives or None) in the order in which ``network`` calls them."""
    calls: list[tuple[Any, nn.Module | None]] = []
    given: list[Tensor] = []

    def convolved(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        calls.append((layer, None))
        given.append(output)

    def normalized(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        for number, output in enumerate(given):
            if output is inputs[0]:
                calls[number] = (calls[number][0], layer)

    hooks = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            hooks.append(layer.register_forward_hook(convolved))
        elif isinstance(layer, nn.BatchNorm2d):
            hooks.append(layer.register_forward_pre_hook(normalized))
    with watched(network, hooks):
        network(picture)
    return calls
