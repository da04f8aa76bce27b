"""Numpy voxels as torch tensors, without a copy where torch can."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from numpy.typing import NDArray

KEPT_TYPES = (np.int16, np.uint8, np.int8, np.int32, np.float32, np.float16)
"""Native types that stay as they are; everything else becomes float32."""


def as_tensor(voxels: NDArray, device: str | torch.device = "cpu") -> torch.Tensor:
    """Tensor of the same shape on ``device``: a view of native voxels that no axis runs backward through."""
    if voxels.dtype not in KEPT_TYPES:
        voxels = voxels.astype(np.float32)
    elif any(stride < 0 for stride in voxels.strides):
        voxels = np.ascontiguousarray(voxels)
    with warnings.catch_warnings():
        # Read-only arrays are fine: nothing here writes to the voxels.
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(voxels).to(device)
