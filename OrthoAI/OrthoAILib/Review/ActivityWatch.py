"""Notices that somebody looks around in the image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vtk

CLASSES = ("vtkMRMLSliceNode", "vtkMRMLCameraNode")
"""Nodes that change when slices are scrolled and the 3D view is turned."""


class ActivityWatch:
    """Calls back at each move of a slice or a camera; the reviewer is at work then.

    Args:
        scene: whose views are watched.
        onActive: called often; it must be quick.
    """

    def __init__(self, scene: Any, onActive: Callable[[], None]) -> None:
        self._onActive = onActive
        self._tags = []
        for name in CLASSES:
            for number in range(scene.GetNumberOfNodesByClass(name)):
                node = scene.GetNthNodeByClass(number, name)
                self._tags.append((node, node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._onModified)))

    def close(self) -> None:
        """Stop watching."""
        for node, tag in self._tags:
            node.RemoveObserver(tag)
        self._tags = []

    def _onModified(self, caller: Any, event: str) -> None:
        self._onActive()
