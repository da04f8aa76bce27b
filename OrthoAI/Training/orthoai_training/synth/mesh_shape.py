"""A closed surface as signed distances on a grid, which is what the renderer reads."""

from __future__ import annotations

import numpy as np
import torch
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from orthoai_training.synth.shape import SampledShape
from orthoai_training.synth.surface import Surface

MARGIN = 9.0
"""mm around the surface that the grid covers."""


def sample_surface(surface: Surface, step: float = 1.5) -> SampledShape:
    """Signed distances (negative inside) on a grid of ``step`` mm around the surface."""
    low, high = surface.points.min(axis=0) - MARGIN, surface.points.max(axis=0) + MARGIN
    size = np.ceil((high - low) / step).astype(int) + 1
    distance = vtk.vtkImplicitPolyDataDistance()
    distance.SetInput(surface.data)
    values = _evaluate(distance, low, size, step)
    return SampledShape(torch.from_numpy(values), (float(low[0]), float(low[1]), float(low[2])), step)


def _evaluate(
    distance: vtk.vtkImplicitPolyDataDistance, low: NDArray[np.float64], size: NDArray[np.int_], step: float
) -> NDArray[np.float32]:
    grids = [low[n] + step * np.arange(size[n]) for n in range(3)]
    z, y, x = np.meshgrid(grids[2], grids[1], grids[0], indexing="ij")
    points = numpy_to_vtk(np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1), deep=True)
    values = vtk.vtkDoubleArray()
    distance.FunctionValue(points, values)
    return vtk_to_numpy(values).astype(np.float32).reshape(int(size[2]), int(size[1]), int(size[0]))
