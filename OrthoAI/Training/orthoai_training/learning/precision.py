"""The number format and memory layout that train fastest on a device, without changing what is learned."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from orthoai.segment.device import choose

BF16_CAPABILITY = 8
"""First CUDA compute capability (Ampere) with bfloat16 in hardware."""


@dataclass(frozen=True)
class Precision:
    """A device, the layout of its tensors and the format of its matrix products.

    Attributes:
        autocast: None is plain float32; float16 needs loss scaling.
    """

    device: torch.device
    layout: torch.memory_format
    autocast: torch.dtype | None

    def context(self) -> torch.autocast:
        """Autocast for forward passes."""
        return torch.autocast(self.device.type, self.autocast or torch.bfloat16, enabled=self.autocast is not None)

    def scaler(self) -> torch.amp.GradScaler:
        """Loss scaling, which does nothing unless the format is float16."""
        return torch.amp.GradScaler(self.device.type, enabled=self.autocast is torch.float16)


def choose_precision(device: str = "auto") -> Precision:
    """For "auto", "cpu" or "cuda": the same choice as inference makes, with weights kept in float32.

    bfloat16 where the hardware has it (CPUs with AVX512-BF16 or AMX, GPUs since Ampere), float16 on older GPUs, else
    float32. Raises InputError as :func:`orthoai.segment.device.choose`.
    """
    chosen = choose(device)
    if chosen.name == "cuda":
        has_bf16 = torch.cuda.get_device_capability()[0] >= BF16_CAPABILITY
        return Precision(torch.device("cuda"), chosen.layout, torch.bfloat16 if has_bf16 else torch.float16)
    return Precision(torch.device("cpu"), chosen.layout, torch.bfloat16 if chosen.precision == "bfloat16" else None)
