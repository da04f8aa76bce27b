"""The number format and memory layout that train fastest on a device, without changing what is learned."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from orthoai.errors import InputError


@dataclass(frozen=True)
class Precision:
    """A device and the format that matrix products run in; None is plain float32. float16 needs loss scaling."""

    device: torch.device
    autocast: torch.dtype | None

    def context(self) -> torch.autocast:
        """Autocast for forward passes."""
        return torch.autocast(self.device.type, self.autocast or torch.bfloat16, enabled=self.autocast is not None)

    def scaler(self) -> torch.amp.GradScaler:
        """Loss scaling, which does nothing unless the format is float16."""
        return torch.amp.GradScaler(self.device.type, enabled=self.autocast is torch.float16)


def choose_precision(device: str = "auto") -> Precision:
    """bfloat16 on CPUs with AVX512-BF16 or AMX and on GPUs since Ampere, float16 on older ones, else float32.

    Without these instructions a CPU emulates bfloat16 and is several times slower than with float32.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        where = torch.device(device)
    except RuntimeError as error:
        raise InputError(f"There is no device named {device!r}: use auto, cpu or cuda.") from error
    if where.type == "cuda":
        if not torch.cuda.is_available():
            raise InputError("This machine has no usable CUDA GPU: use --device cpu.")
        return Precision(where, torch.bfloat16 if torch.cuda.get_device_capability(where)[0] >= 8 else torch.float16)
    if where.type == "cpu":
        able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return Precision(where, torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else None)
    return Precision(where, None)
