"""Layers of a shipped detector as the start of another training: its ONNX file holds convolutions without batch
normalization, which training puts back.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from orthoai_training.half_onnx import stored_weights
from orthoai_training.normalizations import restore_normalizations


def take_over_layers(model: nn.Module, file: Path, batches: Iterable[dict[str, Any]]) -> int:
    """Set the convolutions of ``model`` that ``file`` holds under the same name and in the same size; returns how many.

    Args:
        model: with normalized convolutions as ``name.conv`` beside ``name.bn``, as ultralytics builds them.
        file: an ONNX file exported from such a model.
        batches: training batches, of which the first is used ("img", uint8 (N, 3, H, W)).
    """
    stored = _tensors(file)
    biases: dict[nn.Module, torch.Tensor] = {}
    modules = dict(model.named_modules())
    taken = 0
    with torch.no_grad():
        for name, module in modules.items():
            weight, bias = stored.get(f"{name}.weight"), stored.get(f"{name}.bias")
            if not isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)) or weight is None:
                continue
            normalization = modules.get(f"{name.removesuffix('conv')}bn") if name.endswith(".conv") else None
            if weight.shape != tuple(module.weight.shape) or (normalization is not None and bias is None):
                continue
            module.weight.copy_(torch.from_numpy(weight))
            taken += 1
            if bias is not None and normalization is not None:
                biases[normalization] = torch.from_numpy(bias)
            elif bias is not None and module.bias is not None:
                module.bias.copy_(torch.from_numpy(bias))
    pictures, place = next(iter(batches))["img"], next(model.parameters()).device
    restore_normalizations(biases, model, lambda: model(pictures.to(place).float() / 255))
    return taken


def _tensors(file: Path) -> dict[str, np.ndarray]:
    """The weights in ``file`` by their names in the training network, float32."""
    # Exported from inside a wrapper: "model.model.0.conv.weight" or "model.0.conv.weight".
    return {name.replace("model.model.", "model.", 1): array for name, array in stored_weights(file).items()}
