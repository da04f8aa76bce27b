"""What a volume node tells the engine."""

from __future__ import annotations

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.checks import MIN_FAT
from orthoai.tasks import CAPTURES, Task
from vtk.util.numpy_support import vtk_to_numpy

from OrthoAILib.Bridge.Grid import Grid, worldFrom

SHEAR = 1e-3
"""Largest cosine between two index axes that still counts as a right angle (0.06 degrees)."""

SAMPLES = 100_000
"""Values looked at to tell a CT: this runs on every change of the selection, so it takes milliseconds."""

AIR_HU = -500.0
"""Air and lung lie below, and nothing that an MR or a label map holds."""

HOUNSFIELD = "[hnsf'U]"
"""UCUM code that Slicer's DICOM reader gives a CT."""

COLOR = (3, 4)
"""Values in each voxel of a color picture: red, green, blue, and opacity in a fourth."""

UNPLACED_MM = 1e-6
"""How far from zero the corner of an image may lie that has no place in the patient."""

DICOM_UIDS = {"study": "DICOM.StudyInstanceUID", "frame_of_reference": "DICOM.FrameOfReferenceUID"}
"""Names of orthoai.volume.Source.uids and the subject hierarchy's attributes that hold them."""


class VolumeBridge:
    """Reads geometry, voxels and origin from a volume node, and changes nothing.

    Geometry and voxels are in the volume's own frame: a parent transform is not part of them. Results made from them
    are put under the same transform (ResultBridge).

    Example:
        >>> bridge = VolumeBridge()
        >>> bridge.problem(volumeNode, task) or bridge.geometry(volumeNode).spacing
        (0.8, 0.8, 1.0)
    """

    def geometry(self, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> Geometry:
        """The voxel grid in LPS mm."""
        return Grid.ofVolume(volumeNode).geometry

    def voxels(self, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> NDArray:
        """The values (K, J, I) as a view on the node's memory, valid as long as its image data is.

        Of a picture in color mode it is the first channel, which holds all there is where :meth:`problem` finds none.
        """
        return self._channels(volumeNode)[..., 0]

    def problem(self, volumeNode: slicer.vtkMRMLVolumeNode | None, task: Task) -> str:
        """Why ``task`` cannot run on the volume, as one sentence; "" if it can. Takes milliseconds.

        A wrong kind of content (no Hounsfield units, nothing but air) is found by the run itself.
        """
        if volumeNode is None:
            return f"Choose {_article(task.modality)} {task.modality} volume first."
        if volumeNode.IsA("vtkMRMLLabelMapVolumeNode"):
            return f"This is a label map; choose {_article(task.modality)} {task.modality} volume."
        if not volumeNode.IsA("vtkMRMLScalarVolumeNode"):
            return f"This node holds no single 3D image; choose {_article(task.modality)} {task.modality} volume."
        image = volumeNode.GetImageData()
        if image is None or image.GetPointData().GetScalars() is None or image.GetNumberOfPoints() == 0:
            return "The volume holds no image; load it again."
        i, j, k = image.GetDimensions()
        isSlice = task.pictures and k == 1 < min(i, j)
        if image.GetNumberOfScalarComponents() != 1:
            if not (isSlice and image.GetNumberOfScalarComponents() in COLOR):
                return (
                    "The volume has several values in each voxel (color, vectors or time); choose a gray-value volume."
                )
            if not self._isGray(volumeNode):
                return "This is a color picture; use a gray-value image."
        if min(i, j, k) < 2 and not isSlice:
            return "The volume has one slice only; choose the whole 3D series."
        return self._gridProblem(volumeNode) or self._modalityProblem(volumeNode, task)

    def modality(self, volumeNode: slicer.vtkMRMLScalarVolumeNode | None) -> str:
        """The DICOM modality, such as "CT" or "MR"; "" where nothing tells it.

        What DICOM says decides, then the unit of the voxels, then the grid: a picture's, such as a PNG's, has no place
        in the patient ("OT"). Then the values: only a CT has air far below zero.
        """
        if volumeNode is None or volumeNode.GetImageData() is None:
            return ""
        stated = self._dicomAttribute(volumeNode, "DICOM.Modality")
        if stated:
            return stated
        units = volumeNode.GetVoxelValueUnits()
        if units is not None and units.GetCodeValue() == HOUNSFIELD:
            return "CT"
        scalars = volumeNode.GetImageData().GetPointData().GetScalars()
        if scalars is not None and self._isUnplaced(volumeNode):
            return CAPTURES[0]
        if scalars is None or scalars.GetNumberOfComponents() != 1:
            return ""
        return "CT" if self._hasAirInHounsfieldUnits(self.voxels(volumeNode)) else ""

    def isPicture(self, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> bool:
        """Whether it is a single picture without a place in the patient, whose voxel size means nothing."""
        return self.modality(volumeNode) in CAPTURES and volumeNode.GetImageData().GetDimensions()[2] == 1

    def uids(self, volumeNode: slicer.vtkMRMLVolumeNode) -> dict[str, str]:
        """DICOM UIDs by name (study, series, frame_of_reference), as far as the subject hierarchy has them."""
        found = {name: self._dicomAttribute(volumeNode, key) for name, key in DICOM_UIDS.items()}
        hierarchy, item = _hierarchyItem(volumeNode)
        if hierarchy is not None:
            names = slicer.vtkMRMLSubjectHierarchyConstants
            study = hierarchy.GetItemAncestorAtLevel(item, names.GetDICOMLevelStudy())
            found["series"] = hierarchy.GetItemUID(item, names.GetDICOMUIDName())
            if study and not found["study"]:
                found["study"] = hierarchy.GetItemUID(study, names.GetDICOMUIDName())
        return {name: uid for name, uid in found.items() if uid}

    # Parts

    def _gridProblem(self, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> str:
        ijkToRas = vtk.vtkMatrix4x4()
        volumeNode.GetIJKToRASMatrix(ijkToRas)
        columns = np.array([[ijkToRas.GetElement(row, column) for column in range(3)] for row in range(3)])
        lengths = np.linalg.norm(columns, axis=0)
        if not np.isfinite(columns).all() or lengths.min() <= 0:
            return "The volume has no valid voxel size; load it again."
        if np.abs(np.triu((columns / lengths).T @ (columns / lengths), 1)).max() > SHEAR:
            return "The axes of the volume are not at right angles (a tilted gantry or shear); resample it first."
        try:
            worldFrom(volumeNode)
        except InputError as error:
            return str(error)
        return ""

    def _modalityProblem(self, volumeNode: slicer.vtkMRMLScalarVolumeNode, task: Task) -> str:
        modality = self.modality(volumeNode)
        if modality in ("", task.modality) or (task.pictures and self.isPicture(volumeNode)):
            return ""
        return f"This task needs {task.modality}, and the volume's modality is {modality}."

    def _channels(self, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> NDArray:
        """(K, J, I, channels) as a view."""
        image = volumeNode.GetImageData()
        i, j, k = image.GetDimensions()
        return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(k, j, i, -1)

    def _isGray(self, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> bool:
        """Whether a picture in color mode holds gray values, as most exported radiology pictures do."""
        colors = self._channels(volumeNode)[..., :3]
        return bool((colors == colors[..., :1]).all())

    def _isUnplaced(self, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> bool:
        """Whether it is one slice on the grid that Slicer gives an image without a header: at zero, along LPS."""
        if volumeNode.GetImageData().GetDimensions()[2] != 1:
            return False
        geometry = self.geometry(volumeNode)
        return np.allclose(geometry.directions, np.eye(3)) and np.allclose(geometry.origin, 0, atol=UNPLACED_MM)

    def _dicomAttribute(self, volumeNode: slicer.vtkMRMLNode, name: str) -> str:
        """An attribute of the volume's item in the subject hierarchy or of an item above it, or ""."""
        hierarchy, item = _hierarchyItem(volumeNode)
        if hierarchy is None:
            return ""
        return hierarchy.GetItemAttribute(item, name) or hierarchy.GetAttributeFromItemAncestor(item, name) or ""

    def _hasAirInHounsfieldUnits(self, voxels: NDArray) -> bool:
        step = max(1, int((voxels.size / SAMPLES) ** (1 / 3)))
        values = voxels[tuple(slice(None, None, min(step, n)) for n in voxels.shape)]
        return bool(np.mean(values < AIR_HU) >= MIN_FAT and values.max() > 0)


def _hierarchyItem(node: slicer.vtkMRMLNode) -> tuple[slicer.vtkMRMLSubjectHierarchyNode | None, int]:
    """The subject hierarchy and the node's item in it; (None, 0) where it has none."""
    scene = node.GetScene()
    hierarchy = None if scene is None else slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = 0 if hierarchy is None else hierarchy.GetItemByDataNode(node)
    return (hierarchy, item) if item else (None, 0)


def _article(modality: str) -> str:
    """The word before a modality: "an" where it is spoken with a vowel first, as in MR."""
    return "an" if modality[:1] in "AEFHILMNORSX" else "a"
