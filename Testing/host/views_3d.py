"""A 3D view as in Slicer: surfaces, boxes, the camera."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6 import QtWidgets

from .views_render import RenderView

MANAGERS = (
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager3D",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
)


class ThreeDView(QtWidgets.QWidget):
    """The 3D view under its blue bar."""

    def __init__(self) -> None:
        super().__init__()
        self._logic = slicer.vtkMRMLViewLogic()
        factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance()
        self._view = RenderView(factory, MANAGERS, slicer.vtkMRMLThreeDViewInteractorStyle())
        self._view.renderer.SetUseDepthPeeling(False)
        bar = QtWidgets.QLabel("1")
        bar.setStyleSheet("background: #7583bd; color: black; padding: 1px 4px;")
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._view, 1)

    def start(self) -> None:
        """Host only: begin to draw. The window has to be on the screen."""
        self._logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self._logic.SetMRMLScene(slicer.mrmlScene)
        self._view.showNode(self._logic.GetViewNode() or self._logic.AddViewNode("1"))

    # What qMRMLThreeDWidget and its view have

    def threeDView(self) -> RenderView:
        return self._view

    def mrmlViewNode(self) -> Any:
        return self._logic.GetViewNode()

    def resetFocalPoint(self) -> None:
        """Everything that is shown fills the view; it is seen from the front."""
        camera = self._view.renderer.GetActiveCamera()
        focus = camera.GetFocalPoint()
        camera.SetPosition(focus[0], focus[1] + camera.GetDistance(), focus[2])
        camera.SetViewUp(0, 0, 1)
        self._view.renderer.ResetCamera()
        self._view.scheduleRender()

    def finish(self) -> None:
        """Host only: draw no more."""
        self._view.finish()
        self._logic.SetMRMLScene(None)
