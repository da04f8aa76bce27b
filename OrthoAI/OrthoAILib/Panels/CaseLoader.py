"""A case of the worklist into the scene, and out of it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from orthoai.errors import InputError
from orthoai.io.image_folder import ImageEntry

from OrthoAILib.Bridge.ResultBridge import ResultBridge
from OrthoAILib.Bridge.ResultNodes import ResultNodes, removeNodes
from OrthoAILib.Review.ReviewState import ReviewState

CASE_ATTRIBUTE = "OrthoAI.WorklistCase"
PATH_ATTRIBUTE = "OrthoAI.WorklistPath"
"""Node attributes of an image that a worklist opened: the case's name, and where it lies. Many folders have a case1."""

BUNDLE_FOLDER = "Data"
"""Where a scene bundle (.mrb) holds copies of its images: these say nothing about where the images came from."""


def loadCase(entry: ImageEntry) -> Any:
    """The image of ``entry`` as a vtkMRMLScalarVolumeNode in the scene.

    Raises:
        InputError: Slicer cannot read it.
    """
    try:
        node = _loadDicom(entry) if entry.is_dicom else slicer.util.loadVolume(str(entry.path))
    except RuntimeError as error:
        raise InputError("This case could not be read as an image; go on to the next one.") from error
    node.SetAttribute(CASE_ATTRIBUTE, entry.name)
    node.SetAttribute(PATH_ATTRIBUTE, str(entry.path))
    return node


def caseOf(volumeNode: Any) -> ImageEntry | None:
    """The case of a worklist that an image is; None for no image and for one from elsewhere.

    Its path is no more than its name where nobody knows the folder anymore, as in scenes of older versions.
    """
    if volumeNode is None:
        return None
    name, path = volumeNode.GetAttribute(CASE_ATTRIBUTE), volumeNode.GetAttribute(PATH_ATTRIBUTE)
    if not name:
        return None
    return ImageEntry(name, Path(path) if path else _storedPath(volumeNode, name))


def removeCase(volumeNode: Any) -> None:
    """Take an image and its results out of the scene: a worklist of CTs would fill the memory."""
    scene = volumeNode.GetScene()
    for nodes in _resultsOf(volumeNode):
        nodes.remove(scene)
    removeNodes(scene, [volumeNode])


def unsavedResults(volumeNode: Any) -> list[ResultNodes]:
    """The results of an image whose reviews would be lost with it."""
    states = ((nodes, ReviewState.read(nodes.resultText)) for nodes in _resultsOf(volumeNode))
    return [nodes for nodes, state in states if state is not None and not state.isSaved]


def _resultsOf(volumeNode: Any) -> list[ResultNodes]:
    return [nodes for nodes in ResultBridge(volumeNode.GetScene()).load() if nodes.volumeNode is volumeNode]


def _storedPath(volumeNode: Any, name: str) -> Path:
    """Where the file of the image lies, or the folder of its DICOM files."""
    storage = volumeNode.GetStorageNode()
    file = Path((storage.GetFullNameFromFileName() if storage is not None else "") or name)
    parts = Path(name).parts
    path = next((path for path in (file, *file.parents) if path.parts[-len(parts) :] == parts), Path(name))
    return Path(name) if path.parent.name == BUNDLE_FOLDER else path


def _loadDicom(entry: ImageEntry) -> Any:
    """Through Slicer's DICOM database where there is one: only that brings modality and UIDs along."""
    try:
        from DICOMLib import DICOMUtils
    except ImportError:
        first = next(path for path in sorted(entry.path.iterdir()) if path.is_file())
        return slicer.util.loadVolume(str(first), {"singleFile": False})
    loaded: list[str] = []
    with DICOMUtils.TemporaryDICOMDatabase() as database:
        DICOMUtils.importDicom(str(entry.path), database)
        for patient in database.patients():
            loaded += DICOMUtils.loadPatientByUID(patient)
    found = (slicer.mrmlScene.GetNodeByID(nodeId) for nodeId in loaded)
    nodes = [node for node in found if node is not None]
    volumes = [node for node in nodes if node.IsA("vtkMRMLScalarVolumeNode")]
    # Localizers come along with a study; the image to review is the one with the most voxels.
    largest = max(volumes, key=_voxelCount, default=None)
    # Nobody would take the others out of the scene when the walk goes on.
    removeNodes(slicer.mrmlScene, [node for node in nodes if node is not largest])
    if largest is None:
        raise RuntimeError("no volume in the folder")
    return largest


def _voxelCount(volumeNode: Any) -> int:
    image = volumeNode.GetImageData()
    return image.GetNumberOfPoints() if image is not None else 0
