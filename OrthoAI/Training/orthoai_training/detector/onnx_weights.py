"""Layers of a shipped detector as the start of another training: its ONNX file holds convolutions without batch
normalization, which training puts back.

An exported convolution y = W x + b has its batch normalization folded in. A training network normalizes W x itself, so
its normalization starts with the mean m and deviation s of W x on training pictures, scale s and shift b + m: then it
computes W x + b, as the file does.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from orthoai_training.half_onnx import stored_weights


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
    _restore_normalizations(biases, model, next(iter(batches))["img"])
    return taken


def _tensors(file: Path) -> dict[str, np.ndarray]:
    """The weights in ``file`` by their names in the training network, float32."""
    # Exported from inside a wrapper: "model.model.0.conv.weight" or "model.0.conv.weight".
    return {name.replace("model.model.", "model.", 1): array for name, array in stored_weights(file).items()}


@torch.no_grad()
def _restore_normalizations(biases: dict[nn.Module, torch.Tensor], model: nn.Module, pictures: torch.Tensor) -> None:
    """Give each normalization of ``biases`` the statistics of what reaches it, so that it only adds its bias."""

    def measure(layer: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        values = inputs[0].float()
        mean, variance = values.mean(dim=(0, 2, 3)), values.var(dim=(0, 2, 3), unbiased=False)
        layer.running_mean.copy_(mean)
        layer.running_var.copy_(variance)
        layer.weight.copy_((variance + layer.eps).sqrt())
        layer.bias.copy_(biases[layer].to(mean.device) + mean)

    hooks = [layer.register_forward_pre_hook(measure) for layer in biases]
    training = model.training
    try:
        place = next(model.parameters()).device
        model.eval()(pictures.to(place).float() / 255)
    finally:
        for hook in hooks:
            hook.remove()
        model.train(training)
