"""A trained network as the file that the fracture task runs."""

from __future__ import annotations

from pathlib import Path

import torch
from orthoai.spine.stack import FRACTURE_SIZE
from safetensors.torch import load_file
from torch import Tensor, nn

from orthoai_training.fracture.networks import build_network, config_of
from orthoai_training.half_onnx import write_half

INPUT, OUTPUT, BODIES = "picture", "probability", "bodies"


class Probabilities(nn.Module):
    """(N, 1, 256, 256) gray values 0..1 to one probability of the same shape per output of the network: of a fractured
    body, and of any body where the network was trained to tell.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        return torch.sigmoid(self.network(picture)).split(1, 1)


def load_network(network: str, recipe: str, weights: Path) -> nn.Module:
    """The network with ``weights`` (safetensors), ready for inference."""
    built = build_network(network, recipe)
    built.load_state_dict(load_file(weights))
    return built.eval()


def export_fracture(network: str, recipe: str, weights: Path, target: Path) -> Path:
    """Write the network with ``weights`` to ``target`` (.onnx, float16 weights, any batch).

    Its first output is the fracture's probability; the compact networks have the bodies' as well.
    """
    wrapped = Probabilities(load_network(network, recipe, weights))
    names = [OUTPUT, BODIES][: config_of(recipe).outputs]
    example = torch.rand(2, 1, FRACTURE_SIZE, FRACTURE_SIZE)
    return write_half(wrapped, example, target, INPUT, names)
