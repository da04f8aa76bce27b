"""Notices edits of the masks, which Slicer's Segment Editor makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer


class MaskWatch:
    """Counts the edits of a segmentation's voxels and calls back at each.

    Args:
        segmentationNode: vtkMRMLSegmentationNode, or None.
        onEdited: called at each edit.
    """

    EVENTS = ("SourceRepresentationModified", "SegmentAdded", "SegmentRemoved")
    """Events of vtkSegmentation. A new color or a shown surface is not among them."""

    def __init__(self, segmentationNode: Any, onEdited: Callable[[], None]) -> None:
        self.edits = 0
        self._onEdited = onEdited
        self._segmentation = segmentationNode.GetSegmentation() if segmentationNode is not None else None
        self._tags: list[int] = []
        if self._segmentation is not None:
            for name in self.EVENTS:
                event = getattr(slicer.vtkSegmentation, name)
                self._tags.append(self._segmentation.AddObserver(event, self._onEvent))

    def close(self) -> None:
        """Stop watching."""
        for tag in self._tags:
            self._segmentation.RemoveObserver(tag)
        self._tags = []

    def _onEvent(self, caller: Any, event: str) -> None:
        self.edits += 1
        self._onEdited()
