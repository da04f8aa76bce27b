"""``slicer.app.coreIOManager()``: reads and writes the formats that the module uses, through MRML storage nodes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer
from PySide6 import QtCore

from .pythonqt.facade import facade


@dataclass(frozen=True)
class FileType:
    """A file type of Slicer: its name, endings, and the node class that is read and written."""

    name: str
    endings: tuple[str, ...]
    nodeClass: str


# The longest ending decides, as in Slicer: .seg.nrrd is a segmentation and .nrrd a volume.
FILE_TYPES = (
    FileType("SceneFile", (".mrml", ".mrb"), ""),
    FileType("SegmentationFile", (".seg.nrrd", ".seg.nhdr", ".seg.vtm"), "vtkMRMLSegmentationNode"),
    FileType("MarkupsFile", (".mrk.json", ".fcsv"), "vtkMRMLMarkupsNode"),
    FileType("TableFile", (".tsv", ".csv"), "vtkMRMLTableNode"),
    FileType("TextFile", (".txt", ".json", ".xml"), "vtkMRMLTextNode"),
    FileType("ModelFile", (".vtk", ".vtp", ".stl", ".ply", ".obj"), "vtkMRMLModelNode"),
    FileType("TransformFile", (".tfm", ".h5"), "vtkMRMLTransformNode"),
    FileType("VolumeFile", (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".tif", ".png", ".jpg"), ""),
)


class CoreIOManager(facade(QtCore.QObject)):  # type: ignore[misc]
    """File types by ending; loading into and saving from ``slicer.mrmlScene``."""

    newFileLoaded = QtCore.Signal(object)

    def fileType(self, fileName: str | Path) -> str:
        name = Path(fileName).name.lower()
        found = [(len(ending), kind.name) for kind in FILE_TYPES for ending in kind.endings if name.endswith(ending)]
        return max(found)[1] if found else "NoFile"

    def fileWriterFileType(self, node: Any, _format: str = "") -> str:
        for kind in FILE_TYPES:
            if kind.nodeClass and node.IsA(kind.nodeClass):
                return kind.name
        return "VolumeFile" if node.IsA("vtkMRMLVolumeNode") else "NoFile"

    def extractKnownExtension(self, fileName: str | Path, _node: Any = None) -> str:
        name = Path(fileName).name
        endings = (ending for kind in FILE_TYPES for ending in kind.endings if name.lower().endswith(ending))
        return max(endings, key=len, default=Path(name).suffix)

    def loadNodes(self, fileType: str, properties: dict[str, Any], loaded: Any = None, messages: Any = None) -> bool:
        path = Path(properties["fileName"])
        if fileType == "SceneFile":
            return loadScene(path, clear=bool(properties.get("clear", False)))
        node = _loadNode(fileType, path, properties, messages) if path.exists() else None
        if node is None:
            return False
        if properties.get("name"):
            node.SetName(str(properties["name"]))
        if loaded is not None:
            loaded.AddItem(node)
        return True

    def saveNodes(self, fileType: str, properties: dict[str, Any], messages: Any = None) -> bool:
        path = Path(properties["fileName"])
        if fileType == "SceneFile":
            return saveScene(path)
        node = slicer.mrmlScene.GetNodeByID(properties["nodeID"])
        if not node.GetStorageNode():
            node.AddDefaultStorageNode(str(path))
        storage = node.GetStorageNode()
        storage.SetFileName(str(path))
        if "useCompression" in properties:
            storage.SetUseCompression(int(properties["useCompression"]))
        written = bool(storage.WriteData(node))
        if not written and messages is not None:
            messages.AddMessages(storage.GetUserMessages())
        return written


def _loadNode(fileType: str, path: Path, properties: dict[str, Any], messages: Any) -> Any:
    modules = slicer.modules
    name = str(properties.get("name") or path.name.split(".")[0])
    if fileType == "VolumeFile":
        options = int(bool(properties.get("labelmap"))) | 2 * int(bool(properties.get("center")))
        return modules.volumes.logic().AddArchetypeVolume(str(path), name, options)
    if fileType == "SegmentationFile":
        return modules.segmentations.logic().LoadSegmentationFromFile(str(path), True)
    if fileType == "MarkupsFile":
        nodeId = modules.markups.logic().LoadMarkups(str(path), name, messages)
        return slicer.mrmlScene.GetNodeByID(nodeId) if nodeId else None
    kind = next((kind for kind in FILE_TYPES if kind.name == fileType), None)
    if kind is None or not kind.nodeClass:
        return None
    nodeClass = "vtkMRMLLinearTransformNode" if fileType == "TransformFile" else kind.nodeClass
    node = slicer.mrmlScene.AddNewNodeByClass(nodeClass, name)
    node.AddDefaultStorageNode(str(path))
    if node.GetStorageNode().ReadData(node):
        return node
    slicer.mrmlScene.RemoveNode(node)
    return None


def saveScene(path: Path) -> bool:
    """Writes the scene as .mrml, or with all its data as .mrb."""
    scene = slicer.mrmlScene
    scene.SetURL(str(path))
    scene.SetRootDirectory(str(path.parent))
    if path.suffix == ".mrb":
        return bool(scene.WriteToMRB(str(path)))
    return bool(scene.Commit(str(path)))


def loadScene(path: Path, clear: bool) -> bool:
    """Reads a .mrml or .mrb file into the scene, in its place or in addition."""
    scene = slicer.mrmlScene
    if path.suffix == ".mrb":
        return bool(scene.ReadFromMRB(str(path), clear))
    scene.SetURL(str(path))
    return bool(scene.Connect() if clear else scene.Import())
