"""qMRMLSegmentationShow3DButton: makes and shows the surfaces of a segmentation."""

from __future__ import annotations

from typing import Any

import slicer
from PySide6 import QtWidgets

from host.pythonqt.facade import facade

from .observation import Observation
from .properties import plainProperties

SURFACE = "Closed surface"


class qMRMLSegmentationShow3DButton(facade(QtWidgets.QPushButton)):  # type: ignore[misc]
    """Checked while the segmentation has surfaces and shows them in 3D; toggling makes or removes them."""

    locals().update(plainProperties(locked=(bool, False)))

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self._observation = Observation()
        self.setText("Show 3D")
        self.setCheckable(True)
        self.toggled.connect(self._onToggled)
        self._update()

    def segmentationNode(self) -> Any:
        return self._node

    def setSegmentationNode(self, node: Any) -> None:
        self._observation.clear()
        self._node = node
        if node is not None:
            core = slicer.vtkSegmentation
            for event in (
                core.ContainedRepresentationNamesModified,
                slicer.vtkMRMLDisplayableNode.DisplayModifiedEvent,
            ):
                self._observation.add(node, event, self._update)
        self._update()

    def _onToggled(self, shown: bool) -> None:
        if self._node is None:
            return
        if not shown:
            self._node.RemoveClosedSurfaceRepresentation()
            return
        self._node.CreateClosedSurfaceRepresentation()
        self._node.GetDisplayNode().SetVisibility3D(True)
        self._node.GetDisplayNode().SetPreferredDisplayRepresentationName3D(SURFACE)

    def _update(self) -> None:
        node = self._node
        display = node.GetDisplayNode() if node is not None else None
        shown = bool(display) and node.GetSegmentation().ContainsRepresentation(SURFACE) and display.GetVisibility3D()
        blocked = self.blockSignals(True)
        self.setChecked(bool(shown))
        self.blockSignals(blocked)
        self.setEnabled(node is not None)
