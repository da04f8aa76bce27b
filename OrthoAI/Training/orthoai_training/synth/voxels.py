"""Where the voxels of a part of a grid lie."""

from __future__ import annotations

import torch
from orthoai.geometry import Geometry
from torch import Tensor

Part = tuple[slice, slice, slice]
"""Slices along k, j and i."""


def points_of(geometry: Geometry, part: Part, device: torch.device) -> Tensor:
    """LPS mm (k, j, i, 3) of the voxel centers in ``part``."""
    affine = torch.as_tensor(geometry.affine, dtype=torch.float32, device=device)
    k, j, i = (torch.arange(s.start, s.stop, dtype=torch.float32, device=device) for s in part)
    return (
        k[:, None, None, None] * affine[:3, 2]
        + j[None, :, None, None] * affine[:3, 1]
        + i[None, None, :, None] * affine[:3, 0]
        + affine[:3, 3]
    )
