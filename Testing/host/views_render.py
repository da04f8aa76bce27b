"""A VTK view in a Qt widget that shows a MRML view node through Slicer's displayable managers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import vtk
import vtkmodules.qt
from numpy.typing import NDArray
from PySide6 import QtCore, QtWidgets
from vtk.util.numpy_support import vtk_to_numpy

vtkmodules.qt.PyQtImpl = "PySide6"

from vtkmodules.qt.QVTKRenderWindowInteractor import QVTKRenderWindowInteractor  # noqa: E402

RENDER_DELAY_MS = 20
"""Milliseconds that a view waits for further changes before it draws."""


class RenderView(QtWidgets.QWidget):
    """What slice views and 3D views have in common.

    Args:
        factory: vtkMRMLSliceViewDisplayableManagerFactory or vtkMRMLThreeDViewDisplayableManagerFactory.
        managers: class names of the displayable managers.
        style: vtkMRMLViewInteractorStyle that brings mouse events to them.
    """

    def __init__(self, factory: Any, managers: Sequence[str], style: Any) -> None:
        super().__init__()
        import slicer

        self._vtkWidget = QVTKRenderWindowInteractor(self)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._vtkWidget)
        self.renderer = vtk.vtkRenderer()
        self.window = self._vtkWidget.GetRenderWindow()
        self.window.SetMultiSamples(0)  # Mesa without a graphics card loses translucent surfaces with more.
        self.window.AddRenderer(self.renderer)
        self.interactor = self.window.GetInteractor()
        self.interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())  # The displayable managers do the work.
        self.group = slicer.vtkMRMLDisplayableManagerGroup()
        self._factory, self._managers, self._style = factory, tuple(managers), style
        self._delay = QtCore.QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(RENDER_DELAY_MS)
        self._delay.timeout.connect(self.render)

    def showNode(self, viewNode: Any) -> None:
        """Show the scene as ``viewNode`` (vtkMRMLSliceNode or vtkMRMLViewNode) says, from now on."""
        import slicer

        self._vtkWidget.Initialize()
        self._factory.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        for name in self._managers:
            if not self._factory.IsDisplayableManagerRegistered(name):
                self._factory.RegisterDisplayableManager(name)
        self.group.Initialize(self._factory, self.renderer)
        self.group.SetMRMLDisplayableNode(viewNode)
        self.group.AddObserver(vtk.vtkCommand.UpdateEvent, lambda *_: self.scheduleRender())
        self._style.SetDisplayableManagers(self.group)
        self._style.SetInteractor(self.interactor)

    def scheduleRender(self) -> None:
        if not self._delay.isActive():
            self._delay.start()

    def render(self) -> None:
        self._delay.stop()
        if self.isVisible():
            self.window.Render()

    def pixels(self) -> NDArray[np.uint8]:
        """What the view shows: (rows from the top, columns, RGB)."""
        self.render()
        grabber = vtk.vtkWindowToImageFilter()
        grabber.SetInput(self.window)
        grabber.ReadFrontBufferOff()
        grabber.Update()
        image = grabber.GetOutput()
        columns, rows, _ = image.GetDimensions()
        return np.flipud(vtk_to_numpy(image.GetPointData().GetScalars()).reshape(rows, columns, 3)).copy()

    def savePicture(self, path: Path) -> None:
        """Write what the view shows as a PNG file."""
        from PIL import Image

        Image.fromarray(self.pixels()).save(path, optimize=True)

    def finish(self) -> None:
        """Let go of the scene and of OpenGL, before Qt destroys the window."""
        self._delay.stop()
        self._style.SetInteractor(None)
        self.group.SetMRMLDisplayableNode(None)
        self._vtkWidget.Finalize()
