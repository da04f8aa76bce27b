"""Subject-hierarchy items for new nodes: in Slicer a Qt plugin handler makes them, which slicer-core lacks."""

from __future__ import annotations

from typing import Any

import slicer
import vtk

# Node classes that one of Slicer's subject-hierarchy plugins takes in.
SHOWN_CLASSES = (
    "vtkMRMLVolumeNode",
    "vtkMRMLSegmentationNode",
    "vtkMRMLMarkupsNode",
    "vtkMRMLModelNode",
    "vtkMRMLTransformNode",
    "vtkMRMLTableNode",
    "vtkMRMLTextNode",
    "vtkMRMLPlotChartNode",
    "vtkMRMLPlotSeriesNode",
    "vtkMRMLSequenceNode",
)


class SubjectHierarchyItems:
    """Adds an item for each visible data node, and takes it away with the node."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        for event, slot in (
            (scene.NodeAddedEvent, self._onAdded),
            (scene.NodeAboutToBeRemovedEvent, self._onAboutToBeRemoved),
        ):
            scene.AddObserver(event, _withNode(slot))
        scene.AddObserver(scene.EndImportEvent, lambda *_: self._addMissing())

    def _onAdded(self, node: Any) -> None:
        if node.IsA("vtkMRMLSubjectHierarchyNode"):
            slicer.vtkMRMLSubjectHierarchyNode.ResolveSubjectHierarchy(self._scene)
        elif not self._scene.IsImporting() and _isShown(node):
            self._add(node)

    def _onAboutToBeRemoved(self, node: Any) -> None:
        if self._scene.IsClosing() or not _isShown(node):
            return
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self._scene)
        item = hierarchy.GetItemByDataNode(node)
        if item:
            hierarchy.RemoveItem(item, False, False)

    def _addMissing(self) -> None:
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self._scene)
        for node in slicer.util.getNodesByClass("vtkMRMLNode", self._scene):
            if _isShown(node) and not hierarchy.GetItemByDataNode(node):
                self._add(node)

    def _add(self, node: Any) -> None:
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self._scene)
        hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)


def _isShown(node: Any) -> bool:
    return not node.GetHideFromEditors() and any(node.IsA(kind) for kind in SHOWN_CLASSES)


def _withNode(slot: Any) -> Any:
    def relay(_scene: Any, _event: str, node: Any) -> None:
        slot(node)

    relay.CallDataType = vtk.VTK_OBJECT  # type: ignore[attr-defined]
    return relay
