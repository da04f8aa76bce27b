"""Watches what a run needs from the scene."""

from __future__ import annotations

from collections.abc import Callable

import slicer
import vtk


class SceneGuard:
    """Tells when the scene is closed or the watched node is removed.

    Args:
        onLost: called once with a sentence when the run has lost its ground.
    """

    def __init__(self, onLost: Callable[[str], None]) -> None:
        self._onLost = onLost
        self._scene: slicer.vtkMRMLScene | None = None
        self._tags: list[int] = []
        self._nodeId = ""

    def watch(self, scene: slicer.vtkMRMLScene, node: slicer.vtkMRMLNode) -> None:
        """Start watching; a former watch ends."""
        self.release()
        self._scene, self._nodeId = scene, node.GetID()
        self._tags = [
            scene.AddObserver(slicer.vtkMRMLScene.StartCloseEvent, self._onSceneClosing),
            scene.AddObserver(slicer.vtkMRMLScene.NodeAboutToBeRemovedEvent, self._onNodeRemoved),
        ]

    def release(self) -> None:
        """Stop watching. Harmless when nothing is watched."""
        if self._scene is not None:
            for tag in self._tags:
                self._scene.RemoveObserver(tag)
        self._scene, self._tags = None, []

    def _onSceneClosing(self, caller, event) -> None:
        self._lose("The scene was closed, so the run was stopped.")

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _onNodeRemoved(self, caller, event, node) -> None:
        if node is not None and node.GetID() == self._nodeId:
            self._lose("The image was removed from the scene, so the run was stopped.")

    def _lose(self, sentence: str) -> None:
        self.release()
        self._onLost(sentence)
