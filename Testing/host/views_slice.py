"""A slice view as in Slicer: the image, masks as fill and outline, boxes, crosshair."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6 import QtWidgets

from .views_render import RenderView

MANAGERS = (
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
)

BAR_COLORS = {"Red": "#f34a33", "Green": "#6eb04b", "Yellow": "#edd54c"}


class SliceView(QtWidgets.QWidget):
    """One slice view: the colored bar with the position, and the view.

    Args:
        name: of the view: Red, Green or Yellow.
        orientation: Axial, Coronal or Sagittal.
        logic: vtkMRMLSliceLogic that has its nodes in the scene already.
    """

    def __init__(self, name: str, orientation: str, logic: Any) -> None:
        super().__init__()
        self._name, self._orientation, self._logic = name, orientation, logic
        self._bar = QtWidgets.QLabel(name[0])
        self._bar.setStyleSheet(f"background: {BAR_COLORS[name]}; color: black; padding: 1px 4px;")
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        self._view = RenderView(factory, MANAGERS, slicer.vtkMRMLSliceViewInteractorStyle())
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar)
        layout.addWidget(self._view, 1)

    def start(self) -> None:
        """Host only: begin to draw. The window has to be on the screen."""
        node = self._logic.GetSliceNode()
        node.SetOrientation(self._orientation)
        self._addImage()
        self._view.showNode(node)
        self._tags = [(it, it.AddObserver(vtk.vtkCommand.ModifiedEvent, self._onChanged)) for it in (node, self._logic)]

    def _addImage(self) -> None:
        """The slice itself, which Slicer's own view draws behind everything else."""
        mapper = vtk.vtkImageMapper()
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        self._mapper = mapper
        self._image = vtk.vtkActor2D()
        self._image.SetMapper(mapper)
        self._image.VisibilityOff()
        self._image.GetProperty().SetDisplayLocationToBackground()
        self._view.renderer.AddViewProp(self._image)

    def _onChanged(self, *_: Any) -> None:
        connection = self._logic.GetImageDataConnection()
        self._mapper.SetInputConnection(connection)
        self._image.SetVisibility(connection is not None)
        self._bar.setText(f"{self._name[0]}   {self._orientation}: {self._logic.GetSliceOffset():.1f} mm")
        self._view.scheduleRender()

    # What qMRMLSliceWidget has

    def sliceLogic(self) -> Any:
        return self._logic

    def mrmlSliceNode(self) -> Any:
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        return self._logic.GetSliceCompositeNode()

    def sliceView(self) -> RenderView:
        return self._view

    def fitSliceToBackground(self) -> None:
        self._resizeNode()
        self._logic.FitSliceToAll()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if self._logic.GetSliceNode() is not None:
            self._resizeNode()

    def _resizeNode(self) -> None:
        width, height = self._view.window.GetSize()
        self._logic.ResizeSliceNode(width, height)

    def finish(self) -> None:
        """Host only: draw no more."""
        for subject, tag in self._tags:
            subject.RemoveObserver(tag)
        self._mapper.RemoveAllInputConnections(0)
        self._view.finish()
