"""Half-precision training of a detector whose loss stays in full precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from orthoai_training.learning.precision import Precision, choose_precision


def run_network_in_bf16(model: nn.Module, device: torch.device) -> bool:
    """Make ``model.predict`` run in bf16 where ``device`` has it in hardware; say whether it now does.

    Only the network: its answers go on as float32. ultralytics' own mixed precision is for CUDA alone and decodes the
    boxes in bf16 as well, where a coordinate of 400 px has steps of 2 px. With channels_last, the order that bf16
    convolutions read, two AVX512-BF16 cores train 2.3 times as fast as in float32.
    """
    precision = choose_precision(str(device))
    if precision.autocast is not torch.bfloat16:
        return False
    model.to(memory_format=torch.channels_last)
    model.predict = float32_answers(model.predict, precision)  # type: ignore[assignment, arg-type]
    return True


def float32_answers(answer: Callable[..., Any], precision: Precision) -> Callable[..., Any]:
    """``answer`` computed in the format of ``precision``, its tensors turned back into float32."""

    def answered(*arguments: Any, **options: Any) -> Any:
        with precision.context():
            found = answer(*arguments, **options)
        return _as_float32(found)

    return answered


def _as_float32(value: Any) -> Any:
    """The same nest of tuples, lists and dictionaries with float32 tensors."""
    if isinstance(value, torch.Tensor):
        return value.float()
    if isinstance(value, dict):
        return {name: _as_float32(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_as_float32(part) for part in value)
    return value
