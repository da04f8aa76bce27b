"""Sums of attenuation along j and k on a torch device, chunk by chunk."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from orthoai.drr.attenuation import Attenuation
from orthoai.drr.tensors import as_tensor
from orthoai.progress import Progress


def sum_on_device(
    voxels: NDArray,
    attenuation: Attenuation,
    steps: tuple[float, float],
    slab_slices: int,
    progress: Progress,
    device: str,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Sum attenuation times mm along j and, in slabs, along k; see :func:`orthoai.drr.host_sums.sum_on_host`.

    One slab at a time goes to the device as it is and becomes float there, in the slab's place.
    """
    step_j, step_k = steps
    coronal, slabs = [], []
    for k0 in range(0, len(voxels), slab_slices):
        progress.check()
        slab = as_tensor(voxels[k0 : k0 + slab_slices], device).to(torch.float32, copy=True)
        attenuation.replace_in(slab)
        coronal.append((slab.sum(dim=1) * step_j).cpu())
        slabs.append((slab.sum(dim=0) * step_k).cpu())
    return torch.cat(coronal).numpy(), torch.stack(slabs).numpy()
