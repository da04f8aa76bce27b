"""Triangle surfaces of bones: read from STL, moved, mirrored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import vtk
from numpy.typing import NDArray
from orthoai.errors import InputError
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy


@dataclass(frozen=True)
class Surface:
    """A triangle surface.

    Attributes:
        points: (N, 3) mm.
        normals: (N, 3) outward unit vectors at the points.
        data: the same points with their triangles, for VTK's filters.
    """

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    data: vtk.vtkPolyData


def read_surface(path: Path) -> Surface:
    """Read an STL surface with outward normals. Raises InputError when it holds no triangles."""
    reader = vtk.vtkSTLReader()
    reader.SetFileName(str(path))
    return with_normals(reader.GetOutputPort(), path.name)


def with_normals(port: vtk.vtkAlgorithmOutput, name: str) -> Surface:
    """The triangles of a VTK pipeline with merged points and outward normals.

    Args:
        name: of the file, for the error.

    Raises:
        InputError: there are no triangles.
    """
    clean = vtk.vtkCleanPolyData()
    clean.SetInputConnection(port)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(clean.GetOutputPort())
    normals.SplittingOff()
    normals.ConsistencyOn()
    normals.AutoOrientNormalsOn()
    normals.Update()
    data = normals.GetOutput()
    if data.GetNumberOfCells() == 0:
        raise InputError(f"{name} holds no surface: give a closed one in millimeters.")
    return Surface(
        vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64),
        vtk_to_numpy(data.GetPointData().GetNormals()).astype(np.float64),
        data,
    )


def moved(surface: Surface, matrix: NDArray[np.float64], offset: NDArray[np.float64]) -> Surface:
    """The surface with every point p at ``matrix @ p + offset``; a mirroring matrix keeps normals outward."""
    points = surface.points @ matrix.T + offset
    data = vtk.vtkPolyData()
    data.DeepCopy(surface.data)
    carrier = vtk.vtkPoints()
    carrier.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    data.SetPoints(carrier)
    if np.linalg.det(matrix) < 0:
        flip = vtk.vtkReverseSense()
        flip.SetInputData(data)
        flip.ReverseCellsOn()
        flip.Update()
        data = flip.GetOutput()
    return Surface(points, surface.normals @ np.linalg.inv(matrix), data)
