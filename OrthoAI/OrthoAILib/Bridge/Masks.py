"""Voxels of structures: label map <-> segments, cropped to where they are, so that nothing walks a whole long CT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import slicer
from numpy.typing import NDArray
from vtk.util.numpy_support import vtk_to_numpy

from OrthoAILib.Bridge.Grid import Extent, Grid, toArray, toMatrix

BINARY = "Binary labelmap"
"""Slicer's name of the representation."""

SAME_LATTICE = 1e-3
"""Part of a voxel by which two grids may differ over the mask and still count as one."""

EMPTY: Extent = (0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Mask:
    """The voxels of one structure.

    Attributes:
        extent: where ``voxels`` lie in the volume, half-open (i0, i1, j0, j1, k0, k1).
        voxels: bool array (K, J, I) of that extent's size; everything outside is False.
    """

    extent: Extent
    voxels: NDArray[np.bool_]

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Its place in an array (K, J, I)."""
        i0, i1, j0, j1, k0, k1 = self.extent
        return slice(k0, k1), slice(j0, j1), slice(i0, i1)

    def pasteInto(self, labels: NDArray[np.uint8], value: int) -> None:
        """Write ``value`` where the mask is True."""
        labels[self.slices][self.voxels] = value


NOTHING = Mask(EMPTY, np.zeros((0, 0, 0), bool))
"""The mask of a structure that is not there."""


def extentOf(labels: NDArray[np.uint8], value: int) -> Extent:
    """The smallest extent that holds every voxel of ``value``; EMPTY when there is none. Walks the whole array."""
    k = np.array([n for n, plane in enumerate(labels) if (plane == value).any()], dtype=int)
    if k.size == 0:
        return EMPTY
    flat = np.zeros(labels.shape[1:], bool)
    for plane in labels[k[0] : k[-1] + 1]:
        flat |= plane == value
    j, i = np.flatnonzero(flat.any(axis=1)), np.flatnonzero(flat.any(axis=0))
    return int(i[0]), int(i[-1]) + 1, int(j[0]), int(j[-1]) + 1, int(k[0]), int(k[-1]) + 1


def cropOf(labels: NDArray[np.uint8], value: int, extent: Extent) -> Mask:
    """The voxels of ``value`` in ``extent`` of a label map (K, J, I)."""
    if min(extent[1] - extent[0], extent[3] - extent[2], extent[5] - extent[4]) <= 0:
        return NOTHING
    i0, i1, j0, j1, k0, k1 = extent
    return Mask(extent, labels[k0:k1, j0:j1, i0:i1] == value)


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
    ijkToRas = np.eye(4)
    matrix = toMatrix(ijkToRas)
    image.GetImageToWorldMatrix(matrix)
    toIndex = np.linalg.inv(grid.ijkToRas) @ toVolume @ toArray(matrix)
    if not _isSameLattice(toIndex, image.GetExtent()):
        image, toIndex = _resampled(image, segment.GetLabelValue(), grid, toVolume), np.eye(4)
        return _clipped(_voxels(image) != 0, image.GetExtent(), toIndex, grid)
    return _clipped(_voxels(image) == segment.GetLabelValue(), image.GetExtent(), toIndex, grid)


def _voxels(image: slicer.vtkOrientedImageData) -> NDArray:
    i, j, k = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(k, j, i)


def _isSameLattice(toIndex: NDArray, extent: tuple[int, ...]) -> bool:
    """Whether every voxel of ``extent`` falls on a voxel: a permutation with signs and a whole shift."""
    corners = np.array([[i, j, k, 1] for i in extent[:2] for j in extent[2:4] for k in extent[4:6]], float)
    rounded = np.rint(toIndex)
    is_permutation = (np.abs(rounded[:3, :3]).sum(axis=0) == 1).all() and (
        np.abs(rounded[:3, :3]).sum(axis=1) == 1
    ).all()
    return bool(is_permutation and np.abs((toIndex - rounded) @ corners.T).max() <= SAME_LATTICE)


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
        return NOTHING
    inside = view[tuple(slice(start[n] - low[n], stop[n] - low[n]) for n in (2, 1, 0))]
    return Mask((start[0], stop[0], start[1], stop[1], start[2], stop[2]), inside)


def _resampled(
    image: slicer.vtkOrientedImageData, value: int, grid: Grid, toVolume: NDArray
) -> slicer.vtkOrientedImageData:
    """One label as 0 and 1 on the volume's grid, by the nearest voxel."""
    import vtk

    single = slicer.vtkOrientedImageData()
    single.DeepCopy(image)
    vtk_to_numpy(single.GetPointData().GetScalars())[:] = _voxels(image).ravel() == value
    transform = vtk.vtkTransform()
    transform.SetMatrix(toMatrix(toVolume))
    output = slicer.vtkOrientedImageData()
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(
        single, grid.image(grid.fullExtent), output, False, False, transform
    )
    return output
