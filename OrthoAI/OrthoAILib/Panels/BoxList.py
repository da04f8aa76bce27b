"""The boxes, each with a check mark that shows or hides it."""

from __future__ import annotations

from typing import Any

import qt
from slicer.i18n import tr as _

from OrthoAILib.Signal import Signal


class BoxList:
    """Shows boxes (vtkMRMLMarkupsROINode); tells which one was clicked.

    Args:
        listWidget: QListWidget.

    Signals:
        chosen(ROI node).
    """

    def __init__(self, listWidget: Any) -> None:
        self.chosen = Signal()
        self._list = listWidget
        self._boxes: tuple[Any, ...] = ()
        listWidget.connect("itemChanged(QListWidgetItem*)", self._onItemChanged)
        listWidget.connect("itemClicked(QListWidgetItem*)", self._onItemClicked)

    def show(self, boxes: tuple[Any, ...]) -> None:
        """Show ``boxes`` as they are now."""
        self._boxes = boxes
        blocked = self._list.blockSignals(True)
        self._list.clear()
        for box in boxes:
            item = qt.QListWidgetItem(box.GetName())
            item.setCheckState(qt.Qt.Checked if _isVisible(box) else qt.Qt.Unchecked)
            item.setToolTip(_("Click to see it in the slices. The check mark shows or hides it; drag it in a view."))
            self._list.addItem(item)
        self._list.blockSignals(blocked)

    def _onItemChanged(self, item: Any) -> None:
        display = self._boxes[self._list.row(item)].GetDisplayNode()
        if display is not None:
            display.SetVisibility(item.checkState() == qt.Qt.Checked)

    def _onItemClicked(self, item: Any) -> None:
        self.chosen.emit(self._boxes[self._list.row(item)])


def _isVisible(box: Any) -> bool:
    display = box.GetDisplayNode()
    return display is not None and bool(display.GetVisibility())
