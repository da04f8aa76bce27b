"""Results into the scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import uuid4

import numpy as np
import slicer
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.result import Result
from orthoai.tasks import Label

from OrthoAILib.Bridge import ResultNodes as roles
from OrthoAILib.Bridge.Extent import Extent
from OrthoAILib.Bridge.FindingsTable import fillTable
from OrthoAILib.Bridge.Grid import Grid, worldFrom
from OrthoAILib.Bridge.Hierarchy import RESULT_ID, Hierarchy
from OrthoAILib.Bridge.Masks import Mask
from OrthoAILib.Bridge.NewBox import newBox
from OrthoAILib.Bridge.PreparedResult import PreparedResult
from OrthoAILib.Bridge.ResultNodes import ResultNodes, removeNodes, textNodes
from OrthoAILib.Bridge.RoiBoxes import fillRoi
from OrthoAILib.Bridge.Segments import BINARY, toImage
from OrthoAILib.Bridge.Terminology import Terminology

FILL_OPACITY = 0.35
"""Of masks in slice views: the bone's texture stays visible below."""


class ResultBridge:
    """Shows results as MRML nodes, and finds them again after a scene was loaded.

    Args:
        scene: receives the nodes.
        terminology: names, codes and colors; that of the registered tasks by default.

    Example:
        >>> nodes = ResultBridge(slicer.mrmlScene).show(result, volumeNode)
        >>> nodes.segmentation.GetSegmentation().GetSegmentIDs()
        ('femur_left', 'femur_right')
    """

    def __init__(self, scene: slicer.vtkMRMLScene, terminology: Terminology | None = None) -> None:
        self.scene = scene
        self.terminology = terminology or Terminology()

    def show(
        self,
        result: Result,
        volumeNode: slicer.vtkMRMLScalarVolumeNode,
        extents: Mapping[int, Extent] | None = None,
        prepared: PreparedResult | None = None,
        imageDigest: str = "",
    ) -> ResultNodes:
        """Add a result to the scene, beside its volume and under the volume's parent transform.

        Args:
            result: on the volume's grid.
            volumeNode: that the task ran on.
            extents: where its masks are, as for PreparedResult.of.
            prepared: PreparedResult.of(result, extents), where another thread has made it already.
            imageDigest: orthoai.io.digest.values_sha256 of the volume's voxels; empty where nobody asks later whether
                they are the same.

        Raises:
            InputError: the result belongs to another volume. Nothing of it is left in the scene, whatever went wrong.
        """
        grid = Grid.ofVolume(volumeNode)
        if not grid.geometry.matches(result.geometry):
            raise InputError("The result does not lie on this volume's grid; run the task again.")
        labels = self.terminology.labels(result.task, result.labels)
        prepared = prepared or PreparedResult.of(result, extents)
        hierarchy = Hierarchy(self.scene)
        before = self._nodeIds()
        folder = 0
        resultId = _newId()
        try:
            text = self._addText(roles.RESULT, result.to_json(), resultId, result)
            text.SetNodeReferenceID(roles.REFERENCE + roles.INPUT, volumeNode.GetID())
            text.SetAttribute(roles.IMAGE, imageDigest)
            text.SetNodeReferenceID(
                roles.REFERENCE + roles.ORIGINAL,
                self._addText(roles.ORIGINAL, prepared.archive, resultId, result).GetID(),
            )
            if prepared.vertebrae is not None:
                record = self._addText(roles.BODIES, prepared.vertebrae, resultId, result)
                text.SetNodeReferenceID(roles.REFERENCE + roles.BODIES, record.GetID())
            visible = [
                self._addSegmentation(result, labels, prepared.masks, grid, volumeNode),
                *self._addBoxes(result.task, result.boxes, labels, grid),
                self._addTable(result),
            ]
            for node in visible:
                self._join(node, text, volumeNode)
            folder = hierarchy.addFolder(self.terminology.title(result.task), resultId, volumeNode)
            hierarchy.put(visible, folder)
            return ResultNodes.ofText(text)
        except BaseException:
            self._removeSince(before, hierarchy, folder)
            raise

    def addBox(
        self, nodes: ResultNodes, volumeNode: slicer.vtkMRMLScalarVolumeNode, label: str, place: tuple[float, ...]
    ) -> ResultNodes:
        """Add a box around what the task has missed, to be dragged into place and run with.

        Args:
            nodes: the result that gets it.
            volumeNode: that the result was made from.
            label: one of Task.box_labels.
            place: about which it lies, in the world (RAS mm).

        Returns:
            The result's nodes, the new box the last among them.

        Raises:
            InputError: the volume is under a non-linear transform, or another one than the result's.
        """
        result, grid = nodes.stored(), Grid.ofVolume(volumeNode)
        if result.geometry.shape != grid.geometry.shape:
            raise InputError("The result belongs to another volume; choose the volume that it was made from.")
        index = np.linalg.inv(worldFrom(volumeNode) @ grid.ijkToRas) @ [*place, 1]
        box = newBox(label, index[:3], result.boxes, grid.geometry)
        (node,) = self._addBoxes(result.task, (box,), self.terminology.labels(result.task, result.labels), grid)
        self._join(node, nodes.resultText, volumeNode)
        Hierarchy(self.scene).put([node], nodes.folderItem)
        return ResultNodes.ofText(nodes.resultText)

    def load(self, scene: slicer.vtkMRMLScene | None = None) -> list[ResultNodes]:
        """The results in a scene (by default the bridge's own), such as one that was just loaded, oldest first.

        Two that have one id, as after a scene was added to itself, get different ones.
        """
        found: dict[str, ResultNodes] = {}
        for text in textNodes(scene or self.scene):
            nodes = ResultNodes.ofText(text)
            if nodes.resultId in found:
                nodes = nodes.renewed(_newId())
            found[nodes.resultId] = nodes
        return list(found.values())

    def findingPosition(
        self, nodes: ResultNodes, volumeNode: slicer.vtkMRMLScalarVolumeNode, row: int
    ) -> tuple[float, float, float] | None:
        """Where a finding lies in the world (RAS mm), for the slice views to jump to; None where it has no place.

        Raises:
            InputError: the volume is under a non-linear transform.
            IndexError: there is no such finding.
        """
        stored = nodes.stored()
        place = stored.findings[row].place
        if place is None:
            return None
        grid = Grid.ofVolume(volumeNode)
        # Through indices: the volume may have been moved by a transform that the user hardened since.
        index = stored.geometry.lps_to_index(place.lps)
        r, a, s = (worldFrom(volumeNode) @ grid.ijkToRas @ [*index, 1])[:3]
        return float(r), float(a), float(s)

    # Parts

    def _addText(self, role: str, content: str, resultId: str, result: Result) -> slicer.vtkMRMLTextNode:
        node = slicer.vtkMRMLTextNode()
        node.SetName(f"OrthoAI {role}")
        node.SetHideFromEditors(True)
        # Kept in the scene's own file: Slicer's save dialog leaves out the files of hidden nodes.
        node.SetForceCreateStorageNode(slicer.vtkMRMLTextNode.CreateStorageNodeNever)
        node.SetText(content)
        node.SetAttribute(roles.ROLE, role)
        node.SetAttribute(RESULT_ID, resultId)
        node.SetAttribute(roles.TASK, result.task)
        return self.scene.AddNode(node)

    def _addSegmentation(
        self,
        result: Result,
        labels: tuple[Label, ...],
        masks: Mapping[int, Mask],
        grid: Grid,
        volumeNode: slicer.vtkMRMLScalarVolumeNode,
    ) -> slicer.vtkMRMLSegmentationNode:
        node = self._add("vtkMRMLSegmentationNode", f"{self.terminology.title(result.task)} masks", roles.SEGMENTATION)
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().SetOpacity2DFill(FILL_OPACITY)
        node.SetReferenceImageGeometryParameterFromVolumeNode(volumeNode)
        segmentation = node.GetSegmentation()
        segmentation.SetSourceRepresentationName(BINARY)
        for label in labels:
            segment = slicer.vtkSegment()
            segment.SetName(self.terminology.displayName(label.name))
            segment.SetColor(*(part / 255 for part in label.color))
            segment.SetTerminology(self.terminology.entry(label))
            segment.SetLabelValue(1)
            segment.AddRepresentation(BINARY, toImage(masks[label.value], grid))
            segmentation.AddSegment(segment, label.name)
        return node

    def _addBoxes(
        self, task: str, boxes: Sequence[Box], labels: tuple[Label, ...], grid: Grid
    ) -> list[slicer.vtkMRMLMarkupsROINode]:
        known = {label.name: label for label in labels}
        nodes = []
        for box in boxes:
            node = self._add("vtkMRMLMarkupsROINode", f"{self.terminology.displayName(box.label)} box", roles.BOX)
            node.CreateDefaultDisplayNodes()
            label = known.get(box.label) or self.terminology.labels(task, {0: box.label})[0]
            fillRoi(node, box, label, grid)
            nodes.append(node)
        return nodes

    def _addTable(self, result: Result) -> slicer.vtkMRMLTableNode:
        node = self._add("vtkMRMLTableNode", f"{self.terminology.title(result.task)} findings", roles.FINDINGS)
        fillTable(node, result.findings)
        return node

    def _join(
        self,
        node: slicer.vtkMRMLNode,
        text: slicer.vtkMRMLTextNode,
        volumeNode: slicer.vtkMRMLScalarVolumeNode,
    ) -> None:
        """Make a node that is seen one of the result that ``text`` holds, and let it move with the volume."""
        node.SetAttribute(RESULT_ID, text.GetAttribute(RESULT_ID))
        node.SetAttribute(roles.TASK, text.GetAttribute(roles.TASK))
        text.AddNodeReferenceID(roles.REFERENCE + node.GetAttribute(roles.ROLE), node.GetID())
        if node.IsA("vtkMRMLTransformableNode"):
            node.SetAndObserveTransformNodeID(volumeNode.GetTransformNodeID())

    def _add(self, className: str, name: str, role: str) -> slicer.vtkMRMLNode:
        node = self.scene.AddNewNodeByClass(className, self.scene.GenerateUniqueName(name))
        node.SetAttribute(roles.ROLE, role)
        return node

    def _nodeIds(self) -> set[str]:
        return {self.scene.GetNthNode(index).GetID() for index in range(self.scene.GetNumberOfNodes())}

    def _removeSince(self, before: set[str], hierarchy: Hierarchy, folder: int) -> None:
        added = [self.scene.GetNodeByID(nodeId) for nodeId in sorted(self._nodeIds() - before)]
        removeNodes(self.scene, [node for node in added if node is not None])
        if folder:
            hierarchy.removeFolder(folder)


def _newId() -> str:
    return uuid4().hex
