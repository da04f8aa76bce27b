"""The nodes of one result, and how to find them again."""

from __future__ import annotations

from dataclasses import dataclass

import slicer
from orthoai.packed_map import unpack
from orthoai.result import VERTEBRAE, Extra, Result

from OrthoAILib.Bridge.Hierarchy import RESULT_ID, Hierarchy

ROLE = "OrthoAI.Role"
TASK = "OrthoAI.Task"
"""Attributes of the nodes: what they are to the result, and the task that made it."""

IMAGE = "OrthoAI.Image"
"""Attribute of the text node of role RESULT: orthoai.io.digest.values_sha256 of the voxels that the task ran on."""

RESULT, ORIGINAL, BODIES = "result", "original", "vertebrae"
SEGMENTATION, BOX, FINDINGS = "segmentation", "box", "findings"
"""Values of the attribute ROLE. The text node of role RESULT refers to the others under these names: a scene that is
added to another one keeps references, while attributes of both may be equal."""

INPUT = "input"
"""Name of the reference from the text node to the volume."""

REFERENCE = "OrthoAI."
"""What the names of references start with."""


@dataclass(frozen=True)
class ResultNodes:
    """References to the nodes of one result.

    A node that the user deleted is None, or missing among the boxes.

    Attributes:
        resultId: unique in the scene.
        segmentation: one segment for each label of the task.
        boxes: vtkMRMLMarkupsROINode each.
        findingsTable: one row for each finding.
        resultText: vtkMRMLTextNode with result.json as the task gave it. Hidden.
        originalMasks: vtkMRMLTextNode with the masks as the task gave them (MaskArchive). Hidden.
        vertebrae: vtkMRMLTextNode with all vertebral bodies (orthoai.packed_map), if the task gave any. Hidden.
        folderItem: of the subject hierarchy; 0 when the user removed it.
    """

    resultId: str
    segmentation: slicer.vtkMRMLSegmentationNode | None
    boxes: tuple[slicer.vtkMRMLMarkupsROINode, ...]
    findingsTable: slicer.vtkMRMLTableNode | None
    resultText: slicer.vtkMRMLTextNode
    originalMasks: slicer.vtkMRMLTextNode | None
    vertebrae: slicer.vtkMRMLTextNode | None
    folderItem: int

    @classmethod
    def find(cls, scene: slicer.vtkMRMLScene, resultId: str) -> ResultNodes | None:
        """The nodes of a result; None when it is not in the scene (any more)."""
        for text in textNodes(scene):
            if text.GetAttribute(RESULT_ID) == resultId:
                return cls.ofText(text)
        return None

    @classmethod
    def ofText(cls, resultText: slicer.vtkMRMLTextNode) -> ResultNodes:
        """The nodes of the result that a text node of role RESULT in a scene holds."""

        def only(role: str) -> slicer.vtkMRMLNode | None:
            return resultText.GetNodeReference(REFERENCE + role)

        boxes = (
            resultText.GetNthNodeReference(REFERENCE + BOX, number)
            for number in range(resultText.GetNumberOfNodeReferences(REFERENCE + BOX))
        )
        resultId = resultText.GetAttribute(RESULT_ID)
        return cls(
            resultId=resultId,
            segmentation=only(SEGMENTATION),
            boxes=tuple(box for box in boxes if box is not None),
            findingsTable=only(FINDINGS),
            resultText=resultText,
            originalMasks=only(ORIGINAL),
            vertebrae=only(BODIES),
            folderItem=Hierarchy(resultText.GetScene()).folder(resultId),
        )

    @property
    def taskName(self) -> str:
        """The task that made it, such as "femur"."""
        return self.resultText.GetAttribute(TASK) or ""

    @property
    def volumeNode(self) -> slicer.vtkMRMLScalarVolumeNode | None:
        """The volume that it was made from; None when it was deleted."""
        return self.resultText.GetNodeReference(REFERENCE + INPUT)

    @property
    def imageDigest(self) -> str:
        """Digest of the voxels that it was made from; empty where an older scene does not say."""
        return self.resultText.GetAttribute(IMAGE) or ""

    def stored(self) -> Result:
        """The result as the task gave it, with its message, and without voxels (the segmentation is all zero).

        Raises:
            InputError: the text was damaged.
        """
        return Result.from_json(self.resultText.GetText())

    def extras(self, shape: tuple[int, int, int]) -> tuple[Extra, ...]:
        """The vertebral bodies (K, J, I) as the task numbered them; none where it gave none, or the node was deleted.

        Raises:
            InputError: the text was damaged.
        """
        if self.vertebrae is None:
            return ()
        voxels = {VERTEBRAE: unpack(self.vertebrae.GetText(), shape)}
        return Result.from_json(self.resultText.GetText(), extras=voxels).extras

    def renewed(self, resultId: str) -> ResultNodes:
        """The same nodes under another id: a scene that is added to itself holds one id twice."""
        hierarchy = Hierarchy(self.resultText.GetScene())
        for node in (self.segmentation, *self.boxes, self.findingsTable):
            if node is not None:
                node.SetAttribute(RESULT_ID, resultId)
                hierarchy.renew(node, resultId)
        for record in (self.originalMasks, self.vertebrae, self.resultText):
            if record is not None:
                record.SetAttribute(RESULT_ID, resultId)
        return ResultNodes.ofText(self.resultText)

    def remove(self, scene: slicer.vtkMRMLScene) -> None:
        """Take the result out of the scene: its nodes, what displays and stores them, and its folder."""
        records = (self.originalMasks, self.vertebrae, self.resultText)
        parts = (self.segmentation, *self.boxes, self.findingsTable, *records)
        removeNodes(scene, [node for node in parts if node is not None])
        folder = Hierarchy(scene).folder(self.resultId)
        if folder:
            Hierarchy(scene).removeFolder(folder)


def textNodes(scene: slicer.vtkMRMLScene) -> list[slicer.vtkMRMLTextNode]:
    """The text nodes of role RESULT, in the order of the scene."""
    nodes = scene.GetNodesByClass("vtkMRMLTextNode")
    nodes.UnRegister(None)
    found = [nodes.GetItemAsObject(index) for index in range(nodes.GetNumberOfItems())]
    return [node for node in found if node.GetAttribute(ROLE) == RESULT and node.GetAttribute(RESULT_ID)]


def removeNodes(scene: slicer.vtkMRMLScene, nodes: list[slicer.vtkMRMLNode]) -> None:
    """Remove nodes with their display and storage nodes and their places in the subject hierarchy."""
    hierarchy = Hierarchy(scene)
    for node in nodes:
        helpers = []
        if node.IsA("vtkMRMLStorableNode"):
            helpers += [node.GetNthStorageNode(index) for index in range(node.GetNumberOfStorageNodes())]
        if node.IsA("vtkMRMLDisplayableNode"):
            helpers += [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())]
        for one in (node, *helpers):
            if one is not None and scene.IsNodePresent(one):
                scene.RemoveNode(one)
        hierarchy.forget(node)
