"""Places in the subject hierarchy, made by hand where no Slicer application makes them."""

from __future__ import annotations

from collections.abc import Iterable

import slicer
import vtk

RESULT_ID = "OrthoAI.ResultId"
"""Attribute of every node and folder of a result."""


class Hierarchy:
    """The subject hierarchy of a scene.

    In Slicer each node gets an item when it enters the scene; with slicer-core alone nobody does that.
    """

    def __init__(self, scene: slicer.vtkMRMLScene) -> None:
        self.node = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)

    def addFolder(self, name: str, resultId: str, beside: slicer.vtkMRMLNode) -> int:
        """A folder under the same parent (study, patient, folder or the scene) as the item of ``beside``."""
        item = self.node.GetItemByDataNode(beside)
        parent = self.node.GetItemParent(item) if item else self.node.GetSceneItemID()
        folder = self.node.CreateFolderItem(parent, name)
        self.node.SetItemAttribute(folder, RESULT_ID, resultId)
        return folder

    def put(self, nodes: Iterable[slicer.vtkMRMLNode], folder: int) -> None:
        """Move the nodes' items into a folder; make them first where there are none."""
        for node in nodes:
            item = self.node.GetItemByDataNode(node)
            if item:
                self.node.SetItemParent(item, folder)
            else:
                self.node.CreateItem(folder, node)

    def forget(self, node: slicer.vtkMRMLNode) -> None:
        """Remove the item of a node that left the scene. Slicer has done so already; slicer-core alone has not."""
        item = self.node.GetItemByDataNode(node)
        if item:
            self.node.RemoveItem(item, False, False)

    def folder(self, resultId: str) -> int:
        """The folder of a result; 0 when there is none."""
        items = vtk.vtkIdList()
        self.node.GetItemChildren(self.node.GetSceneItemID(), items, True)
        for index in range(items.GetNumberOfIds()):
            if self.node.GetItemAttribute(items.GetId(index), RESULT_ID) == resultId:
                return items.GetId(index)
        return 0

    def renew(self, node: slicer.vtkMRMLNode, resultId: str) -> None:
        """Give the folder that a result's node lies in another id."""
        folder = self.node.GetItemParent(self.node.GetItemByDataNode(node))
        if self.node.HasItemAttribute(folder, RESULT_ID):
            self.node.SetItemAttribute(folder, RESULT_ID, resultId)

    def removeFolder(self, folder: int) -> None:
        """Remove a folder; what the user put into it moves up."""
        self.node.RemoveItem(folder, True, False)
