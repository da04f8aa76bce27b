"""Surfaces of real vertebrae (STL) as masks, from which they are read like those of a label map.

Which vertebra a file shows is told by its name: "L3.stl", "lumbar3.stl", "thoracic10_s.stl", "mean_L2_L5.stl" (several,
as separate pieces). Their x axis runs to the front, as in the frames of ArtiSynth and OpenSim; which of y and z runs to
the side is found from their symmetry, and the other one runs up.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import vtk
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from orthoai_training.spine_ct.morphometry import LEVELS, NAMES
from orthoai_training.spine_ct.real_vertebra import RealVertebra, real_vertebra
from orthoai_training.synth.surface import Surface, moved, read_surface

STEP_MM = 0.8
"""Of the mask that a surface becomes."""

MARGIN_MM = 4.0

ONE = re.compile(r"^(?:lumbar|thoracic|([LT]))_?(\d{1,2})(?:_s)?$", re.IGNORECASE)
SEVERAL = re.compile(r"(?:^|_)([LT]\d{1,2})_([LT]\d{1,2})$", re.IGNORECASE)

FEWEST_POINTS = 50
"""Smaller pieces are crumbs."""


def levels_of(path: Path) -> tuple[str, ...]:
    """Names of the vertebrae that the file ``path`` shows, from its name; empty for other bones."""
    several, one = SEVERAL.search(path.stem), ONE.match(path.stem)
    if several is not None:
        first, last = (several.group(n).upper() for n in (1, 2))
        if first in NAMES and last in NAMES:
            return NAMES[NAMES.index(first) : NAMES.index(last) + 1]
    if one is not None:
        name = f"{(one.group(1) or path.stem[0]).upper()}{int(one.group(2))}"
        return (name,) if name in NAMES else ()
    return ()


@lru_cache(maxsize=8)
def read_meshes(folder: Path) -> dict[int, tuple[RealVertebra, ...]]:
    """The vertebrae in the STL files of ``folder`` (or in that file), by VerSe number.

    Raises:
        InputError: there is none in it that can be used.
    """
    files = sorted(folder.glob("*.stl")) if folder.is_dir() else [folder]
    found: dict[int, tuple[RealVertebra, ...]] = {}
    for file in files:
        names = levels_of(file)
        pieces = _pieces(read_surface(file), len(names)) if names else []
        for name, piece in zip(names, pieces, strict=False):
            level = LEVELS[NAMES.index(name)]
            mask, geometry = _mask(_upright(piece))
            made = real_vertebra(mask, geometry, level, np.array([0.0, 0.0, 1.0]))
            if made is not None:
                found[level.id] = (*found.get(level.id, ()), made)
    if not found:
        raise InputError(f"There is no vertebra in {folder.name}: name the STL files by level, such as L1.stl.")
    return found


def _pieces(surface: Surface, count: int) -> list[Surface]:
    """The ``count`` largest connected pieces along the file's longest axis; the order is mended by :func:`_upright`."""
    if count == 1:
        return [surface]
    split = vtk.vtkPolyDataConnectivityFilter()
    split.SetInputData(surface.data)
    split.SetExtractionModeToAllRegions()
    split.ColorRegionsOn()
    split.Update()
    data = split.GetOutput()
    region = vtk_to_numpy(data.GetPointData().GetArray("RegionId"))
    sizes = np.bincount(region)
    largest = [int(n) for n in np.argsort(-sizes)[:count] if sizes[n] >= FEWEST_POINTS]
    pieces = []
    for number in largest:
        only = vtk.vtkPolyDataConnectivityFilter()
        only.SetInputData(surface.data)
        only.SetExtractionModeToSpecifiedRegions()
        only.AddSpecifiedRegion(number)
        clean = vtk.vtkCleanPolyData()
        clean.SetInputConnection(only.GetOutputPort())
        clean.Update()
        out = vtk.vtkPolyData()
        out.DeepCopy(clean.GetOutput())
        points = vtk_to_numpy(out.GetPoints().GetData()).astype(np.float64)
        pieces.append(Surface(points, np.zeros_like(points), out))
    up = _axes(np.concatenate([p.points - p.points.mean(axis=0) for p in pieces]))[:, 2]
    return sorted(pieces, key=lambda piece: -float(piece.points.mean(axis=0) @ up))


def _upright(surface: Surface) -> Surface:
    """In LPS directions, up to the tilt that a vertebra has in its spine."""
    axes = _axes(surface.points - surface.points.mean(axis=0))
    return moved(surface, axes.T, np.zeros(3))


def _axes(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns: left, posterior and cranial unit vector among the file's own axes."""
    cranial = np.eye(3)[2 if _asymmetry(points, 1) <= _asymmetry(points, 2) else 1]
    posterior = np.array([-1.0, 0.0, 0.0])
    return np.stack([np.cross(posterior, cranial), posterior, cranial], axis=1)


def _asymmetry(points: NDArray[np.float64], axis: int) -> float:
    """How unlike the outlines of the two sides of the middle are, in mm."""
    low, high = points[:, axis].min(), points[:, axis].max()
    mirrored = points.copy()
    mirrored[:, axis] = low + high - mirrored[:, axis]
    sample = points[:: max(1, len(points) // 400)]
    return float(np.mean([np.linalg.norm(mirrored - point, axis=1).min() for point in sample]))


def _mask(surface: Surface) -> tuple[NDArray[np.bool_], Geometry]:
    """What is inside of a closed surface."""
    low = surface.points.min(axis=0) - MARGIN_MM
    i, j, k = (int(n) for n in np.ceil((surface.points.max(axis=0) + MARGIN_MM - low) / STEP_MM))
    image = vtk.vtkImageData()
    image.SetDimensions(i, j, k)
    image.SetSpacing(STEP_MM, STEP_MM, STEP_MM)
    image.SetOrigin(*low)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ones(i * j * k, np.uint8), deep=True))
    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(surface.data)
    stencil.SetOutputOrigin(*low)
    stencil.SetOutputSpacing(STEP_MM, STEP_MM, STEP_MM)
    stencil.SetOutputWholeExtent(image.GetExtent())
    cut = vtk.vtkImageStencil()
    cut.SetInputData(image)
    cut.SetStencilConnection(stencil.GetOutputPort())
    cut.SetBackgroundValue(0)
    cut.Update()
    inside = vtk_to_numpy(cut.GetOutput().GetPointData().GetScalars()).reshape(k, j, i) > 0
    return inside, Geometry((k, j, i), (STEP_MM,) * 3, (float(low[0]), float(low[1]), float(low[2])))
