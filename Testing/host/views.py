"""Slicer's main window in small: a module's panel beside three slice views and a 3D view, all of them real.

Needs a screen (Xvfb will do) and OpenGL (Mesa will do). Everything else of the host runs without.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from .layout_manager import SLICE_VIEWS, SliceLayout
from .pythonqt.facade import facade
from .views_3d import ThreeDView
from .views_slice import SliceView

PANEL_WIDTH = 460
"""Pixels of the column that holds the module's panel."""

WINDOW_SIZE = (1280, 860)


class ViewLayout(SliceLayout):
    """``slicer.app.layoutManager()`` over views that draw."""

    threeDViewCount = 1

    def __init__(self, parent: QtCore.QObject) -> None:
        # The slice nodes and their logics are those of the layout manager without views, which this one follows.
        before = slicer.app.layoutManager()
        slices = {
            name: SliceView(name, orientation, before.sliceWidget(name).sliceLogic())
            for name, orientation in SLICE_VIEWS
        }
        super().__init__(parent, slices, slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        self._threeD = ThreeDView()
        self._grid = QtWidgets.QWidget()
        grid = QtWidgets.QGridLayout(self._grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        places = ((0, 0), (1, 0), (1, 1))
        for view, (row, column) in zip((*self._slices.values(),), places, strict=True):
            grid.addWidget(view, row, column)
        grid.addWidget(self._threeD, 0, 1)

    @property
    def viewport(self) -> QtWidgets.QWidget:
        """Host only: the widget with all views."""
        return self._grid

    def start(self) -> None:
        """Host only: begin to draw. The window has to be on the screen."""
        slicer.app.applicationLogic().SetSliceLogics(self.sliceLogics())
        for view in (*self._slices.values(), self._threeD):
            view.start()

    def threeDWidget(self, index: int) -> ThreeDView:
        return (self._threeD,)[index]

    def mrmlSliceLogics(self) -> Any:
        return slicer.app.applicationLogic().GetSliceLogics()

    def resetThreeDViews(self) -> None:
        self._threeD.resetFocalPoint()

    def reset(self) -> None:
        """Host only: nothing is recorded here."""

    def finish(self) -> None:
        """Host only: let go of the scene and of OpenGL."""
        for view in (*self._slices.values(), self._threeD):
            view.finish()


class MainWindow(facade(QtWidgets.QMainWindow)):  # type: ignore[misc]
    """What ``slicer.util.mainWindow()`` finds: panels to the left, views to the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("qSlicerMainWindow")
        self.setWindowTitle("OrthoAI test host")
        self.resize(*WINDOW_SIZE)
        self._views = ViewLayout(self)
        self._panels = QtWidgets.QScrollArea()
        self._panels.setWidgetResizable(True)
        self._panels.setFixedWidth(PANEL_WIDTH)
        self._panels.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        center = QtWidgets.QWidget()
        layout = QtWidgets.QHBoxLayout(center)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._panels)
        layout.addWidget(self._views.viewport, 1)
        self.setCentralWidget(center)

    def connectScene(self) -> None:
        """Fill the views, now that the window is on the screen: OpenGL needs to know where to draw."""
        scene = slicer.mrmlScene
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
        if scene.GetFirstNodeByClass("vtkMRMLCrosshairNode") is None:
            crosshair = slicer.vtkMRMLCrosshairNode()
            crosshair.SetCrosshairName("default")
            scene.AddNode(crosshair)
        self._views.start()
        slicer.app.setLayoutManager(self._views)
        self._views.resetSliceViews()

    def moduleSelector(self) -> MainWindow:
        """What ``slicer.util.selectModule`` asks; the window itself answers."""
        return self

    def selectModule(self, name: str) -> None:
        """Show the panel of a module that is loaded already."""
        self.showPanel(getattr(slicer.modules, name.lower()).widgetRepresentation())

    def showPanel(self, panel: QtWidgets.QWidget) -> None:
        """Put a module's panel into the window."""
        self._panels.setWidget(panel)
        panel.show()

    def scrollTo(self, widget: QtWidgets.QWidget) -> None:
        """Bring a part of the panel into sight, with its top at the top if there is room."""
        top = widget.mapTo(self._panels.widget(), QtCore.QPoint(0, 0)).y()
        self._panels.verticalScrollBar().setValue(top)

    def savePicture(self, path: Path) -> None:
        """Write what the screen shows of the window as a PNG file with 256 colors."""
        for name in self._views.sliceViewNames():
            self._views.sliceWidget(name).sliceView().render()
        self._views.threeDWidget(0).threeDView().render()
        QtWidgets.QApplication.processEvents()
        QtWidgets.QApplication.primaryScreen().grabWindow(self.winId()).save(str(path))

    def finish(self) -> None:
        """Close the window and the views."""
        self._panels.takeWidget()
        self._views.finish()
        self.close()


def showMainWindow() -> MainWindow:
    """Open the window on the host's scene; from now on it is ``slicer.util.mainWindow()``."""
    window = MainWindow()
    window.show()
    QtGui.QGuiApplication.processEvents()
    window.connectScene()
    return window
