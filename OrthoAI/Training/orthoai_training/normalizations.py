"""Batch normalizations that an exported file no longer has, put back for a training that goes on from it.

An exported convolution y = W x + b has its normalization folded in. A training network normalizes W x itself, so its
normalization starts with the mean m and deviation s of W x on training pictures, scale s and shift b + m: then it
computes W x + b, as the file does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle


@contextmanager
def watched(model: nn.Module, hooks: Iterable[RemovableHandle]) -> Iterator[None]:
    """Inside, ``model`` is in evaluation mode; then ``hooks`` of its layers are removed, and its mode is as before."""
    kept, training = list(hooks), model.training
    try:
        model.eval()
        yield
    finally:
        for hook in kept:
            hook.remove()
        model.train(training)


@torch.no_grad()
def restore_normalizations(biases: Mapping[nn.Module, torch.Tensor], model: nn.Module, look: Callable[[], Any]) -> None:
    """Give each normalization of ``model`` in ``biases`` the statistics of what reaches it; it then only adds its bias.

    Args:
        look: runs ``model`` on training pictures, once.
    """

    def measure(layer: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        values = inputs[0].float()
        mean, variance = values.mean(dim=(0, 2, 3)), values.var(dim=(0, 2, 3), unbiased=False)
        layer.running_mean.copy_(mean)
        layer.running_var.copy_(variance)
        layer.weight.copy_((variance + layer.eps).sqrt())
        layer.bias.copy_(biases[layer].to(mean.device) + mean)

    with watched(model, [layer.register_forward_pre_hook(measure) for layer in biases]):
        look()
