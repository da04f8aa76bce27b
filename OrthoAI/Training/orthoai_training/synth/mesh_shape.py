"""A closed surface as signed distances on a grid, which is what the renderer reads."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
import vtk
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from orthoai_training.synth.shape import SampledShape
from orthoai_training.synth.surface import Surface

PHANTOM_SHARE = 0.2
"""A part that lies inside and is smaller than this share of the largest one is no bone."""

MARGIN = 9.0
"""mm around the surface that the grid covers."""

EXACT_OUTSIDE = 4.0
"""mm outside the surface, and all of its inside, where distances are exact; farther off nobody reads them closely."""

COARSEST_SIZE = 24
"""Grids of no more points along an axis are evaluated point by point."""


def sample_surface(surface: Surface, step: float = 1.5) -> SampledShape:
    """Signed distances in mm (negative inside) on a grid of ``step`` mm around the surface."""
    low, high = surface.points.min(axis=0) - MARGIN, surface.points.max(axis=0) + MARGIN
    i, j, k = (int(n) for n in np.ceil((high - low) / step).astype(int) + 1)
    distance = vtk.vtkImplicitPolyDataDistance()
    distance.SetInput(surface.data)
    field = without_phantoms(_sampled(distance, low, (k, j, i), step, EXACT_OUTSIDE))
    return SampledShape(field, (float(low[0]), float(low[1]), float(low[2])), step)


def without_phantoms(field: Tensor) -> Tensor:
    """``field`` (K, J, I) with small inside parts turned outside.

    Where a surface is not quite closed, the nearest triangle may face away, and points far outside count as inside.
    """
    parts, count = ndimage.label((field < 0).numpy())
    if count < 2:
        return field
    sizes = np.bincount(parts.ravel())[1:]
    phantom = np.flatnonzero(sizes < PHANTOM_SHARE * sizes.max()) + 1
    return torch.where(torch.from_numpy(np.isin(parts, phantom)), field.abs(), field)


def _sampled(
    distance: vtk.vtkImplicitPolyDataDistance,
    low: NDArray[np.float64],
    shape: tuple[int, int, int],
    step: float,
    exact_below: float,
) -> Tensor:
    """Distances (K, J, I) in mm: read off a grid of twice the step where a point is far outside, else exact.

    A signed distance changes by no more than the way walked. So a point's distance lies within a coarse cell's diagonal
    of the mean of the cell's corners, if these are exact as far out as that.
    """
    if max(shape) <= COARSEST_SIZE:
        return _exact(distance, low, torch.ones(shape, dtype=torch.bool), step)
    k, j, i = (n // 2 + 1 for n in shape)
    diagonal = 2 * step * 3**0.5
    coarse = _sampled(distance, low, (k, j, i), 2 * step, exact_below + diagonal)
    fine = F.interpolate(
        coarse[None, None], size=[2 * k - 1, 2 * j - 1, 2 * i - 1], mode="trilinear", align_corners=True
    )[0, 0, : shape[0], : shape[1], : shape[2]].contiguous()
    near = fine < exact_below + diagonal
    fine[near] = _exact(distance, low, near, step)[near]
    return fine


def _exact(distance: vtk.vtkImplicitPolyDataDistance, low: NDArray[np.float64], where: Tensor, step: float) -> Tensor:
    """Distances (K, J, I) at the grid points ``where``; 0 elsewhere."""
    index = torch.nonzero(where).numpy()[:, ::-1]
    points = numpy_to_vtk(np.ascontiguousarray(low + step * index), deep=True)
    values = vtk.vtkDoubleArray()
    distance.FunctionValue(points, values)
    field = torch.zeros(where.shape)
    field[where] = torch.from_numpy(vtk_to_numpy(values).astype(np.float32))
    return field
