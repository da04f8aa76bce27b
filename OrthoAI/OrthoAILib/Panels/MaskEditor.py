"""Slicer's Segment Editor inside the panel."""

from __future__ import annotations

from typing import Any

import slicer

EDITOR_TAG = "OrthoAI"
"""Singleton tag of the editor's node: the Segment Editor module keeps its own."""

UNDO_STATES = 20


class MaskEditor:
    """Sets the embedded editor on a result's masks.

    Args:
        widget: qMRMLSegmentEditorWidget.
    """

    def __init__(self, widget: Any) -> None:
        self._widget = widget
        widget.setMaximumNumberOfUndoStates(UNDO_STATES)
        # The masks and the image are those of the result; a choice would only lead astray.
        widget.setSegmentationNodeSelectorVisible(False)
        widget.setSourceVolumeNodeSelectorVisible(False)
        widget.setMRMLScene(slicer.mrmlScene)

    def setNodes(self, segmentationNode: Any, volumeNode: Any) -> None:
        """Edit ``segmentationNode`` over ``volumeNode``; None for nothing."""
        if segmentationNode is not None:
            self._widget.setMRMLSegmentEditorNode(self._editorNode())
        if self._widget.mrmlSegmentEditorNode() is not None:
            self._widget.setSegmentationNode(segmentationNode)
            self._widget.setSourceVolumeNode(volumeNode if segmentationNode is not None else None)

    def undo(self) -> None:
        self._widget.undo()

    def redo(self) -> None:
        self._widget.redo()

    def enter(self) -> None:
        """The module is open: effects may listen to the views."""
        self._widget.setupViewObservations()

    def exit(self) -> None:
        """The module is left: a brush that stays active would paint in the next one."""
        self._widget.setActiveEffect(None)
        self._widget.removeViewObservations()

    def _editorNode(self) -> Any:
        node = slicer.mrmlScene.GetSingletonNode(EDITOR_TAG, "vtkMRMLSegmentEditorNode")
        if node is None:
            node = slicer.vtkMRMLSegmentEditorNode()
            node.SetSingletonTag(EDITOR_TAG)
            node = slicer.mrmlScene.AddNode(node)
        return node
