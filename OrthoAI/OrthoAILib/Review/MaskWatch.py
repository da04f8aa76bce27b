"""Notices edits of the masks, which Slicer's Segment Editor makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer

from OrthoAILib.Review.MaskPrint import MaskPrint, maskPrint

EVENTS = ("SourceRepresentationModified", "SegmentModified", "SegmentAdded", "SegmentRemoved")
"""Events of vtkSegmentation at which the masks may have changed. An undo of the editor sends SegmentModified only, and
so does a new color; saving sends them, too. What tells them apart is whether the voxels are others than before."""


class MaskWatch:
    """Notices the edits of a segmentation's voxels.

    While Slicer works on masks they pass through states that are nobody's edit (saving puts them into one layer and
    then gives them new values), so ``onTouched`` only says that something happened; :meth:`settle` is called when the
    masks have come to rest.

    Args:
        segmentationNode: vtkMRMLSegmentationNode, or None.
        onTouched: called at each event.
    """

    def __init__(self, segmentationNode: Any, onTouched: Callable[[], None]) -> None:
        self._onTouched = onTouched
        self._segmentation = segmentationNode.GetSegmentation() if segmentationNode is not None else None
        self._stamps: dict[str, tuple[int, int]] = {}
        self.prints: dict[str, MaskPrint] = {}
        """Of each segment at the last :meth:`settle`; two that are equal stand for the same voxels."""
        self.settle()
        self._tags: list[int] = []
        if self._segmentation is not None:
            events = (getattr(slicer.vtkSegmentation, name) for name in EVENTS)
            self._tags = [self._segmentation.AddObserver(event, self._onEvent) for event in events]

    def settle(self) -> bool:
        """Whether voxels were edited since the last call. Only labelmaps that VTK calls changed are read."""
        if self._segmentation is None:
            return False
        before = self.prints
        stamps, prints = {}, {}
        for segmentId in self._segmentation.GetSegmentIDs():
            segment = self._segmentation.GetSegment(segmentId)
            labelmap = segment.GetRepresentation(self._segmentation.GetSourceRepresentationName())
            stamps[segmentId] = (labelmap.GetMTime() if labelmap is not None else 0, segment.GetLabelValue())
            known = segmentId in before and stamps[segmentId] == self._stamps[segmentId]
            prints[segmentId] = before[segmentId] if known else maskPrint(segment)
        self._stamps, self.prints = stamps, prints
        return prints != before

    def close(self) -> None:
        """Stop watching."""
        if self._segmentation is not None:
            for tag in self._tags:
                self._segmentation.RemoveObserver(tag)
        self._tags = []

    def _onEvent(self, caller: Any, event: str) -> None:
        self._onTouched()
