"""Femora out of label maps, as the same surfaces that STL files hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
import vtk
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from orthoai.volume import Volume
from vtk.util.numpy_support import numpy_to_vtk

from orthoai_training.synth.surface import Surface, moved, with_normals

SIDES = {1: "left", 2: "right"}
"""Values in a label map of both femora, as OrthoAI writes it."""

SURFACE_STEP = 2.0
"""mm between surface points; as fine as the grid that shapes are sampled on."""

SMOOTHING = 0.6
"""Standard deviation, in voxels, of the blur that takes the voxels' stairs off the surface."""

PADDING = 3
"""Empty voxels around the mask, so that the surface is closed where the image ends."""


def femur_surfaces(path: Path, side: str) -> dict[str, Surface]:
    """The femora in a label map on any grid, by side, in LPS mm.

    Args:
        path: a binary mask of one femur, or a label map with 1 for the left and 2 for the right one.
        side: "left" or "right"; that of a binary mask.

    Raises:
        InputError: the file is unreadable, empty or no such label map.
    """
    volume = read_volume(path)
    values = {float(value) for value in np.unique(volume.voxels)} - {0.0}
    if not values:
        raise InputError(f"{path.name} holds no femur: all of its voxels are 0.")
    if values <= set(SIDES) and 2 in values:
        return {SIDES[int(value)]: _surface(volume, value, path.name) for value in sorted(values)}
    if len(values) == 1:
        return {side: _surface(volume, values.pop(), path.name)}
    raise InputError(
        f"{path.name} is no label map of femora: give a mask, or 1 for the left and 2 for the right femur."
    )


def _surface(volume: Volume, value: float, name: str) -> Surface:
    inside = volume.voxels == value
    box = [np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    part = inside[tuple(slice(found[0], found[-1] + 1) for found in box)]
    distance = sitk.GetImageFromArray(np.pad(part, PADDING).astype(np.uint8))
    distance.SetSpacing(volume.geometry.spacing)
    distance = _resampled(_signed_distance(distance))
    edges = vtk.vtkFlyingEdges3D()
    edges.SetInputData(_vtk_image(distance))
    edges.SetValue(0, 0.0)
    # They would be passed on instead of ours, and point inward.
    edges.ComputeNormalsOff()
    # VTK's picture has no direction: points come in mm along the index axes, from the first padded voxel.
    corner = volume.geometry.index_to_lps([found[0] - PADDING for found in reversed(box)])
    return moved(with_normals(edges.GetOutputPort(), name), volume.geometry.directions, corner)


def _signed_distance(mask: sitk.Image) -> sitk.Image:
    """mm to the mask's faces, negative inside.

    Maurer's map is 0 on the outermost voxels' centers and so half a voxel too small; the two one-sided maps together
    put the surface between the last voxel inside and the first one outside.
    """
    outward = sitk.SignedMaurerDistanceMap(mask, squaredDistance=False, useImageSpacing=True)
    inward = sitk.SignedMaurerDistanceMap(1 - mask, squaredDistance=False, useImageSpacing=True)
    both = sitk.Maximum(outward, 0.0) - sitk.Maximum(inward, 0.0)
    return sitk.SmoothingRecursiveGaussian(both, [SMOOTHING * step for step in mask.GetSpacing()])


def _resampled(distance: sitk.Image) -> sitk.Image:
    """On cubes, so that surface points are evenly dense: they vote for the head's center."""
    size = [int(n * step / SURFACE_STEP) + 1 for n, step in zip(distance.GetSize(), distance.GetSpacing(), strict=True)]
    cubes = sitk.Image(size, sitk.sitkFloat32)
    cubes.SetSpacing((SURFACE_STEP,) * 3)
    return sitk.Resample(distance, cubes, sitk.Transform(), sitk.sitkLinear, SURFACE_STEP)


def _vtk_image(image: sitk.Image) -> vtk.vtkImageData:
    data = vtk.vtkImageData()
    data.SetDimensions(image.GetSize())
    data.SetSpacing(image.GetSpacing())
    voxels: NDArray[np.float32] = sitk.GetArrayFromImage(image)
    data.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel(), deep=True))
    return data
