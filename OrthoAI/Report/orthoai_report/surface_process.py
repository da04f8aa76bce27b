"""Render label surfaces with VTK. Run as ``python -m orthoai_report.surface_process FOLDER``.

FOLDER holds scene.json and the masks it names, as :mod:`orthoai_report.surface` writes them; the pictures go there too.
Imports vtk and numpy only, so that it starts fast.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  registers the OpenGL factories
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkTransform
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D, vtkPolyDataNormals, vtkWindowedSincPolyDataFilter
from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkLight,
    vtkPolyDataMapper,
    vtkRenderer,
    vtkRenderWindow,
    vtkWindowToImageFilter,
)

HALF = 127.5
"""Where the surface runs in a mask of 0..255."""

SMOOTHING = (40, 0.03)
"""Iterations and pass band of the windowed sinc filter: takes voxel steps away, keeps a femoral neck."""

SUPERSAMPLING = 2
"""Rendered this much larger and averaged: smooth edges on any driver."""

FILL = 0.8
"""Share of a view that the surfaces take; the letters stand in the rest."""


def main(folder: Path) -> None:
    """Render every view of ``folder``/scene.json into the file it names."""
    scene = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    surfaces = [smooth_surface(np.load(folder / s["file"], allow_pickle=False), s["matrix"]) for s in scene["surfaces"]]
    renderer = _renderer(surfaces, [s["color"] for s in scene["surfaces"]], scene["background"])
    bounds = np.array(renderer.ComputeVisiblePropBounds()).reshape(3, 2)
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    # Multisampling makes surfaces vanish on llvmpipe; supersampling works everywhere.
    window.SetMultiSamples(0)
    window.AddRenderer(renderer)
    for view in scene["views"]:
        np.save(folder / view["file"], _render(window, renderer, bounds, view), allow_pickle=False)


def smooth_surface(mask: NDArray[np.uint8], matrix: list[float]) -> vtkPolyData:
    """Surface of ``mask`` (K, J, I) at half height, in the LPS mm that the 16 numbers of ``matrix`` lead to."""
    image = vtkImageData()
    image.SetDimensions(*mask.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(mask).ravel(), deep=True))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    # Averaging may leave less than a half of a thin structure; it is still drawn.
    edges.SetValue(0, min(HALF, float(mask.max()) / 2))
    edges.ComputeNormalsOff()
    affine = vtkMatrix4x4()
    affine.DeepCopy(matrix)
    transform = vtkTransform()
    transform.SetMatrix(affine)
    placed = vtkTransformPolyDataFilter()
    placed.SetTransform(transform)
    placed.SetInputConnection(edges.GetOutputPort())
    smooth = vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(placed.GetOutputPort())
    smooth.SetNumberOfIterations(SMOOTHING[0])
    smooth.SetPassBand(SMOOTHING[1])
    smooth.NormalizeCoordinatesOn()
    smooth.BoundarySmoothingOff()
    smooth.FeatureEdgeSmoothingOff()
    smooth.NonManifoldSmoothingOn()
    normals = vtkPolyDataNormals()
    normals.SetInputConnection(smooth.GetOutputPort())
    normals.SplittingOff()
    normals.AutoOrientNormalsOff()
    normals.Update()
    return normals.GetOutput()


def _renderer(surfaces: list[vtkPolyData], colors: list[Any], background: list[float]) -> vtkRenderer:
    renderer = vtkRenderer()
    renderer.SetBackground(*background)
    for surface, color in zip(surfaces, colors, strict=True):
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(surface)
        mapper.ScalarVisibilityOff()
        actor = vtkActor()
        actor.SetMapper(mapper)
        look = actor.GetProperty()
        look.SetColor(*color)
        look.SetInterpolationToPhong()
        look.SetAmbient(0.08)
        look.SetDiffuse(0.85)
        look.SetSpecular(0.18)
        look.SetSpecularPower(18)
        renderer.AddActor(actor)
    # Lights ride with the camera: a key light from above one shoulder, a weaker fill from the other side.
    for position, strength in (((-0.6, 0.9, 1.6), 0.95), ((1.2, -0.2, 0.9), 0.35)):
        light = vtkLight()
        light.SetLightTypeToCameraLight()
        light.SetPosition(*position)
        light.SetFocalPoint(0, 0, 0)
        light.SetIntensity(strength)
        renderer.AddLight(light)
    return renderer


def _scale(bounds: NDArray[np.float64], view: dict[str, Any]) -> float:
    """Millimeters per pixel at which ``bounds`` fit into ``view``."""
    extent = bounds[:, 1] - bounds[:, 0]
    across = extent[1] if view["toward"][0] else extent[0]
    return max(across / view["width"], extent[2] / view["height"], 1e-3) / FILL


def _render(
    window: vtkRenderWindow, renderer: vtkRenderer, bounds: NDArray[np.float64], view: dict[str, Any]
) -> NDArray[np.uint8]:
    """(height, width, 3), row 0 at the top."""
    width, height = view["width"], view["height"]
    window.SetSize(width * SUPERSAMPLING, height * SUPERSAMPLING)
    camera = renderer.GetActiveCamera()
    center = bounds.mean(axis=1)
    distance = 10 * float(np.ptp(bounds, axis=1).max()) + 1
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(*center)
    camera.SetPosition(*(center - distance * np.asarray(view["toward"], dtype=float)))
    camera.SetViewUp(0, 0, 1)
    camera.SetParallelScale(_scale(bounds, view) * height / 2)
    renderer.ResetCameraClippingRange()
    window.Render()
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.SetInputBufferTypeToRGB()
    grab.ReadFrontBufferOff()
    grab.Update()
    pixels = vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars())
    fine = pixels.reshape(height, SUPERSAMPLING, width, SUPERSAMPLING, 3)[::-1]
    return np.rint(fine.mean(axis=(1, 3))).astype(np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
