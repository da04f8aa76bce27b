"""Nodes back into results, as the radiologist left them."""

from __future__ import annotations

from dataclasses import replace

import slicer
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.marked_class import with_marked_classes
from orthoai.result import Result
from orthoai.review import Review, Verdict, changes_between

from OrthoAILib.Bridge.Extent import Extent
from OrthoAILib.Bridge.FindingsTable import editedFindings, setClass, setGrade
from OrthoAILib.Bridge.Grid import Grid, transformBetween
from OrthoAILib.Bridge.MaskArchive import MaskArchive
from OrthoAILib.Bridge.Masks import NOTHING, Mask, hull, labelMap, mergedLabels
from OrthoAILib.Bridge.ResultNodes import ResultNodes
from OrthoAILib.Bridge.RoiBoxes import clipped, fromRoi, isSame
from OrthoAILib.Bridge.Segments import BINARY, fromSegment


class ReviewBridge:
    """Reads what a reviewer made of a result. Everything is on the volume's own grid and in its own frame.

    Args:
        scene: that holds the nodes.

    Example:
        >>> review = ReviewBridge(slicer.mrmlScene).review(nodes, volumeNode, Verdict.CORRECTED, reviewer="MH")
        >>> [change.kind for change in review.changes]
        ['box', 'mask']
    """

    def __init__(self, scene: slicer.vtkMRMLScene) -> None:
        self.scene = scene

    def boxes(self, nodes: ResultNodes, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> tuple[Box, ...]:
        """The boxes as they lie now; one that nobody moved is the very box of the result.

        Raises:
            InputError: a box is empty or outside the volume, or another volume or a deleted result is asked for.
        """
        nodes = self._current(nodes)
        return self._boxes(nodes, self._stored(nodes, volumeNode), volumeNode)

    def setFindingClass(self, nodes: ResultNodes, row: int, label: str) -> None:
        """Change the class of a finding. Raises IndexError where there is no such row, InputError without a table."""
        setClass(self._findingsTable(nodes), row, label)

    def setFindingGrade(self, nodes: ResultNodes, row: int, name: str, value: float | None) -> None:
        """Set or confirm the measurement ``name`` of a finding; None takes that back. Raises as for a class."""
        setGrade(self._findingsTable(nodes), row, name, value)

    def result(self, nodes: ResultNodes, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> Result:
        """The result with edited masks, moved boxes, changed classes and confirmed grades.

        A voxel in several segments goes to the one whose edit put it there, else to the last of them in the label
        table. What lies outside the volume is left out. Where the task marks by class, mask and box of a finding whose
        class was changed have the new one.

        Raises:
            InputError: as for :meth:`boxes`, a segment that stands for no label of the task holds voxels, or a finding
                got a class that is marked and has no mask of it.
        """
        nodes = self._current(nodes)
        stored = self._stored(nodes, volumeNode)
        return self._edited(nodes, stored, volumeNode, self._originalMasks(nodes))[0]

    def review(
        self,
        nodes: ResultNodes,
        volumeNode: slicer.vtkMRMLScalarVolumeNode,
        verdict: Verdict | None,
        comment: str = "",
        reviewer: str = "",
        timeSpentS: float = 0.0,
        revision: int = 1,
    ) -> Review:
        """The review of a result as it is now, with what was changed since the task gave it.

        Raises:
            InputError: as for :meth:`result`.
        """
        nodes = self._current(nodes)
        stored = self._stored(nodes, volumeNode)
        original = self._originalMasks(nodes)
        result, masks = self._edited(nodes, stored, volumeNode, original)
        before = replace(stored, segmentation=labelMap(original, stored.geometry.shape))
        # Counted where there is or was a mask: a long CT is mostly empty.
        used = hull((*original.values(), *masks.values()))
        changes = changes_between(_cropped(before, used), _cropped(result, used))
        return Review(result, verdict, comment, reviewer, timeSpentS, revision, changes)

    # Parts

    def _current(self, nodes: ResultNodes) -> ResultNodes:
        """The nodes that are in the scene now: the user may have deleted some since ``nodes`` was made."""
        current = ResultNodes.find(self.scene, nodes.resultId)
        if current is None:
            raise InputError("The result was removed from the scene; run the task again.")
        return current

    def _findingsTable(self, nodes: ResultNodes) -> slicer.vtkMRMLTableNode:
        table = self._current(nodes).findingsTable
        if table is None:
            raise InputError("The table of findings was deleted; run the task again.")
        return table

    def _stored(self, nodes: ResultNodes, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> Result:
        """The result without voxels, placed on the volume as it lies now (a hardened transform may have moved it)."""
        if volumeNode is None or volumeNode.GetImageData() is None:
            raise InputError("The volume of the result is gone; load it again.")
        stored = nodes.stored()
        geometry = Grid.ofVolume(volumeNode).geometry
        if geometry.matches(stored.geometry):
            return stored
        if nodes.volumeNode is not volumeNode or geometry.shape != stored.geometry.shape:
            raise InputError("The result belongs to another volume; choose the volume that it was made from.")
        return moved(stored, geometry)

    def _boxes(self, nodes: ResultNodes, stored: Result, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> tuple[Box, ...]:
        grid = Grid(stored.geometry)
        boxes = (fromRoi(roi, grid, transformBetween(roi, volumeNode)) for roi in nodes.boxes)
        # A file rounds, so a box that only came back from one is taken for the very box that it was.
        return tuple(
            next((old for old in stored.boxes if isSame(old, box)), None) or clipped(box, grid) for box in boxes
        )

    def _masks(self, nodes: ResultNodes, stored: Result, volumeNode: slicer.vtkMRMLScalarVolumeNode) -> dict[int, Mask]:
        node = nodes.segmentation
        if node is None:
            raise InputError("The segmentation of the result was deleted; run the task again.")
        segmentation = node.GetSegmentation()
        if not segmentation.ContainsRepresentation(BINARY):
            segmentation.CreateRepresentation(BINARY)
        toVolume = transformBetween(node, volumeNode)
        grid = Grid(stored.geometry)
        segments = {name: segmentation.GetSegment(name) for name in segmentation.GetSegmentIDs()}
        masks = {name: fromSegment(segment, grid, toVolume) for name, segment in segments.items()}
        for name, mask in masks.items():
            if name not in stored.labels.values() and mask.voxels.any():
                raise InputError(
                    f'The segment "{segments[name].GetName()}" is none of this task\'s structures; '
                    "move its voxels into one of them or delete it."
                )
        return {value: masks.get(name, NOTHING) for value, name in stored.labels.items()}

    def _originalMasks(self, nodes: ResultNodes) -> dict[int, Mask]:
        if nodes.originalMasks is None:
            raise InputError("The scene's record of the original masks was deleted; run the task again.")
        return MaskArchive.fromText(nodes.originalMasks.GetText())

    def _edited(
        self,
        nodes: ResultNodes,
        stored: Result,
        volumeNode: slicer.vtkMRMLScalarVolumeNode,
        original: dict[int, Mask],
    ) -> tuple[Result, dict[int, Mask]]:
        """The result as it is now, and the masks that its segmentation was put together from."""
        masks = self._masks(nodes, stored, volumeNode)
        result = replace(
            stored,
            segmentation=mergedLabels(masks, original, stored.geometry.shape),
            boxes=self._boxes(nodes, stored, volumeNode),
            findings=editedFindings(nodes.findingsTable, stored.findings),
            extras=nodes.extras(stored.geometry.shape),
        )
        return with_marked_classes(stored, result), masks


def moved(result: Result, geometry: Geometry) -> Result:
    """A result that lies at the same voxels of ``geometry``, a grid of the same shape elsewhere in the patient."""
    boxes = (Box.from_index(box.label, box.score, box.index_min, box.index_max, geometry) for box in result.boxes)
    findings = []
    for finding in result.findings:
        if finding.place is not None:
            x, y, z = geometry.index_to_lps(result.geometry.lps_to_index(finding.place.lps))
            finding = replace(finding, place=replace(finding.place, lps=(float(x), float(y), float(z))))
        findings.append(finding)
    return replace(result, geometry=geometry, boxes=tuple(boxes), findings=tuple(findings))


def _cropped(result: Result, extent: Extent) -> Result:
    start, stop = extent[::2], extent[1::2]
    return replace(
        result,
        geometry=result.geometry.cropped(start, stop),
        segmentation=result.segmentation[tuple(slice(start[n], stop[n]) for n in (2, 1, 0))],
    )
