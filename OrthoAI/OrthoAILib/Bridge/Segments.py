"""Masks as segments and back: the one place that knows vtkOrientedImageData."""

from __future__ import annotations

from itertools import product

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import vtk_to_numpy

from OrthoAILib.Bridge.Extent import toExtent
from OrthoAILib.Bridge.Grid import Grid, toArray, toMatrix
from OrthoAILib.Bridge.Masks import NOTHING, Mask

BINARY = "Binary labelmap"
"""Slicer's name of the representation."""

SAME_LATTICE = 1e-3
"""Part of a voxel by which two grids may differ over the mask and still count as one."""


def toImage(mask: Mask, grid: Grid) -> slicer.vtkOrientedImageData:
    """The mask as a labelmap with value 1 on ``grid``."""
    image = grid.image(mask.extent)
    if mask.voxels.size:
        vtk_to_numpy(image.GetPointData().GetScalars())[:] = mask.voxels.ravel()
    return image


def fromSegment(segment: slicer.vtkSegment, grid: Grid, toVolume: NDArray) -> Mask:
    """The mask of a segment on the volume's grid.

    Nothing is resampled where the segment's lattice is the volume's, whatever its extent and axis order; voxels
    outside the volume are left out. Another lattice (a geometry that the user chose) takes the nearest voxel.

    Args:
        segment: with a binary labelmap, which it may share with others.
        grid: of the volume.
        toVolume: 4x4 from the segmentation's frame to the volume's (RAS mm).
    """
    image = segment.GetRepresentation(BINARY)
    if image is None or image.IsEmpty() or image.GetPointData().GetScalars() is None:
        return NOTHING
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    toIndex = np.linalg.inv(grid.ijkToRas) @ toVolume @ toArray(matrix)
    voxels = _voxels(image) == segment.GetLabelValue()
    if _isSameLattice(toIndex, image.GetExtent()):
        return _clipped(voxels, image.GetExtent(), toIndex, grid)
    return _resampled(voxels, image, toIndex, grid, toVolume)


def _voxels(image: slicer.vtkOrientedImageData) -> NDArray:
    i, j, k = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(k, j, i)


def _corners(extent: tuple[int, ...], outer: float = 0.0) -> NDArray[np.float64]:
    """The corner voxels (8, 4) of an inclusive extent, each (i, j, k, 1), moved out by ``outer`` voxels."""
    spans = [(extent[n] - outer, extent[n + 1] + outer) for n in (0, 2, 4)]
    return np.array([[*corner, 1.0] for corner in product(*spans)])


def _isSameLattice(toIndex: NDArray, extent: tuple[int, ...]) -> bool:
    """Whether every voxel of ``extent`` falls on a voxel: a permutation with signs and a whole shift."""
    rounded = np.rint(toIndex)
    steps = np.abs(rounded[:3, :3])
    isPermutation = (steps.sum(axis=0) == 1).all() and (steps.sum(axis=1) == 1).all()
    return bool(isPermutation and np.abs(_corners(extent) @ (toIndex - rounded).T).max() <= SAME_LATTICE)


def _clipped(voxels: NDArray[np.bool_], extent: tuple[int, ...], toIndex: NDArray, grid: Grid) -> Mask:
    """``voxels`` (K, J, I) of a lattice's inclusive ``extent``, turned to the volume's axes and cut at its borders."""
    steps = np.rint(toIndex[:3, :3]).astype(int)
    sources = np.abs(steps).argmax(axis=1)  # per index axis of the volume: the lattice's axis
    # Array axis 0 is k, so index axis n is array axis 2 - n.
    view = voxels.transpose([2 - sources[2], 2 - sources[1], 2 - sources[0]])
    first, last = (np.rint(toIndex @ [*extent[start::2], 1])[:3].astype(int) for start in (0, 1))
    view = view[tuple(slice(None, None, -1 if first[n] > last[n] else 1) for n in (2, 1, 0))]
    low, high = np.minimum(first, last), np.maximum(first, last) + 1
    start, stop = np.maximum(low, 0), np.minimum(high, grid.geometry.size)
    if (start >= stop).any():
        return NOTHING  # The user moved it out of the volume.
    inside = view[tuple(slice(start[n] - low[n], stop[n] - low[n]) for n in (2, 1, 0))]
    return Mask(toExtent(start, stop), inside)


def _resampled(
    voxels: NDArray[np.bool_], image: slicer.vtkOrientedImageData, toIndex: NDArray, grid: Grid, toVolume: NDArray
) -> Mask:
    """``voxels`` of ``image`` at the volume's voxels that they may cover, by the nearest one."""
    corners = _corners(image.GetExtent(), outer=0.5) @ toIndex.T
    start = np.maximum(np.floor(corners.min(axis=0)), 0)[:3].astype(int)
    stop = np.minimum(np.ceil(corners.max(axis=0))[:3] + 1, grid.geometry.size).astype(int)
    if (start >= stop).any():
        return NOTHING
    extent = toExtent(start, stop)
    single = slicer.vtkOrientedImageData()
    single.CopyStructure(image)
    single.CopyDirections(image)
    single.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
    vtk_to_numpy(single.GetPointData().GetScalars())[:] = voxels.ravel()
    transform = vtk.vtkTransform()
    transform.SetMatrix(toMatrix(toVolume))
    output = slicer.vtkOrientedImageData()
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(
        single, grid.image(extent), output, False, False, transform
    )
    return Mask(extent, _voxels(output) != 0)
