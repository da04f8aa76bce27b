"""``slicer.app.layoutManager()``: what every one has, and one without views that records what was asked of it."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6 import QtCore

from .pythonqt.facade import facade

SLICE_VIEWS = (("Red", "Axial"), ("Green", "Coronal"), ("Yellow", "Sagittal"))


class SliceWidget(facade(QtCore.QObject)):  # type: ignore[misc]
    """A slice view's logic and nodes, with nothing drawn."""

    def __init__(self, parent: QtCore.QObject, name: str, orientation: str) -> None:
        super().__init__(parent)
        self._name, self._orientation = name, orientation
        self._logic = slicer.vtkMRMLSliceLogic()

    def setMRMLScene(self, scene: Any) -> None:
        self._logic.SetMRMLScene(scene)
        applicationLogic = slicer.app.applicationLogic() if hasattr(slicer, "app") else None
        if applicationLogic is not None:
            self._logic.SetMRMLApplicationLogic(applicationLogic)
        node = self._logic.AddSliceNode(self._name)
        node.SetOrientation(self._orientation)

    def sliceLogic(self) -> Any:
        return self._logic

    def mrmlSliceNode(self) -> Any:
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        return self._logic.GetSliceCompositeNode()

    def fitSliceToBackground(self) -> None:
        self._logic.FitSliceToAll()


class SliceLayout(facade(QtCore.QObject)):  # type: ignore[misc]
    """What a layout manager of three slice views has, whether they draw or not.

    Args:
        parent: that owns it.
        slices: the slice views by name; each has sliceLogic() and fitSliceToBackground().
        layout: the number of the layout at the start.
    """

    layoutChanged = QtCore.Signal(int)

    tableViewCount = 0
    plotViewCount = 0

    def __init__(self, parent: QtCore.QObject, slices: dict[str, Any], layout: int) -> None:
        super().__init__(parent)
        self._slices, self._layout = slices, layout

    @property
    def layout(self) -> int:
        return self._layout

    @layout.setter
    def layout(self, value: int) -> None:
        self.setLayout(value)

    def setLayout(self, value: int) -> None:
        """The views stay where they are: there is one layout."""
        self._layout = value
        self.layoutChanged.emit(value)

    def sliceViewNames(self) -> tuple[str, ...]:
        return tuple(self._slices)

    def sliceWidget(self, name: str) -> Any | None:
        return self._slices.get(name)

    def sliceLogics(self) -> Any:
        """Host only: the logics of the slice views, in a new vtkCollection."""
        logics = vtk.vtkCollection()
        for view in self._slices.values():
            logics.AddItem(view.sliceLogic())
        return logics

    def resetSliceViews(self) -> None:
        for view in self._slices.values():
            view.fitSliceToBackground()


class LayoutManager(SliceLayout):
    """Three slice views and no 3D view. ``calls`` lists the view resets and layout changes in their order."""

    threeDViewCount = 0

    def __init__(self, parent: QtCore.QObject) -> None:
        slices = {name: SliceWidget(parent, name, orientation) for name, orientation in SLICE_VIEWS}
        super().__init__(parent, slices, slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView)
        self._calls: list[tuple[Any, ...]] = []

    def setMRMLScene(self, scene: Any) -> None:
        for widget in self._slices.values():
            widget.setMRMLScene(scene)

    def reset(self) -> None:
        """Host only: forgets the record."""
        self._calls.clear()

    @property
    def calls(self) -> list[tuple[Any, ...]]:
        """Host only: the record."""
        return self._calls

    def setLayout(self, value: int) -> None:
        self._calls.append(("setLayout", value))
        super().setLayout(value)

    def mrmlSliceLogics(self) -> Any:
        return self.sliceLogics()

    def resetThreeDViews(self) -> None:
        self._calls.append(("resetThreeDViews",))

    def resetSliceViews(self) -> None:
        self._calls.append(("resetSliceViews",))
        super().resetSliceViews()
