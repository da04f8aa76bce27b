"""The place where the engine's LPS grids meet MRML's RAS grids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.geometry import Geometry

from OrthoAILib.Bridge.Extent import Extent

LPS_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""4x4 from LPS to RAS and back: its own inverse."""


def toArray(matrix: vtk.vtkMatrix4x4) -> NDArray[np.float64]:
    """A VTK matrix as a 4x4 array."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def toMatrix(array: NDArray) -> vtk.vtkMatrix4x4:
    """A 4x4 array as a VTK matrix."""
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy([float(value) for value in np.asarray(array).ravel()])
    return matrix


@dataclass(frozen=True)
class Grid:
    """A volume's voxel grid, in the frame of its node (before any parent transform).

    Attributes:
        geometry: the grid in LPS mm.
    """

    geometry: Geometry

    @classmethod
    def ofVolume(cls, volumeNode: slicer.vtkMRMLVolumeNode) -> Grid:
        """The grid of a volume node that has voxels."""
        ijkToRas = vtk.vtkMatrix4x4()
        volumeNode.GetIJKToRASMatrix(ijkToRas)
        extent = volumeNode.GetImageData().GetExtent()
        affine = LPS_RAS @ toArray(ijkToRas)
        spacing = np.linalg.norm(affine[:3, :3], axis=0)
        # Where an image starts at another index than zero, its first voxel is the engine's voxel (0, 0, 0).
        origin = affine @ [extent[0], extent[2], extent[4], 1]
        return cls(
            Geometry(
                shape=(extent[5] - extent[4] + 1, extent[3] - extent[2] + 1, extent[1] - extent[0] + 1),
                spacing=(float(spacing[0]), float(spacing[1]), float(spacing[2])),
                origin=(float(origin[0]), float(origin[1]), float(origin[2])),
                direction=tuple(float(value) for value in (affine[:3, :3] / spacing).ravel()),
            )
        )

    @property
    def ijkToRas(self) -> NDArray[np.float64]:
        """4x4 from (i, j, k, 1) to RAS mm."""
        return LPS_RAS @ self.geometry.affine

    @property
    def axes(self) -> NDArray[np.float64]:
        """3x3; column n is the RAS unit vector of index axis n."""
        return LPS_RAS[:3, :3] @ self.geometry.directions

    def image(self, extent: Extent) -> slicer.vtkOrientedImageData:
        """Unfilled image of bytes for the voxels in ``extent``, which may be empty, with the whole grid's origin."""
        image = slicer.vtkOrientedImageData()
        image.SetExtent(extent[0], extent[1] - 1, extent[2], extent[3] - 1, extent[4], extent[5] - 1)
        image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
        image.SetImageToWorldMatrix(toMatrix(self.ijkToRas))
        return image


def transformBetween(source: slicer.vtkMRMLTransformableNode, target: slicer.vtkMRMLTransformableNode) -> NDArray:
    """4x4 from the frame of one node to the frame of another (RAS mm), through the world.

    Raises:
        InputError: one of them has a non-linear parent transform.
    """
    return _between(source.GetParentTransformNode(), target.GetParentTransformNode())


def worldFrom(node: slicer.vtkMRMLTransformableNode) -> NDArray:
    """4x4 from the frame of a node to the world (RAS mm). Raises InputError where its transform is non-linear."""
    return _between(node.GetParentTransformNode(), None)


def _between(source: slicer.vtkMRMLTransformNode | None, target: slicer.vtkMRMLTransformNode | None) -> NDArray:
    matrix = vtk.vtkMatrix4x4()
    if not slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(source, target, matrix):
        raise InputError("A non-linear transform lies on the volume or on its result; harden or remove it first.")
    return toArray(matrix)
