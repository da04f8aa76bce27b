"""qMRMLSegmentsTableView: the segments of a segmentation with visibility, color and name."""

from __future__ import annotations

from typing import Any, ClassVar

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from host.pythonqt.facade import facade

from .mrml_widget import qMRMLWidget
from .observation import Observation
from .properties import plainProperties

VISIBLE, COLOR, NAME = range(3)


class qMRMLSegmentsTableView(qMRMLWidget):
    """One row per segment. A click on the check box shows or hides it."""

    selectionChanged = QtCore.Signal(QtCore.QItemSelection, QtCore.QItemSelection)
    segmentAboutToBeModified = QtCore.Signal(str)
    SIGNALS: ClassVar[dict[str, str]] = {
        **qMRMLWidget.SIGNALS,
        "selectionChanged(QItemSelection,QItemSelection)": "selectionChanged",
        "segmentAboutToBeModified(QString)": "segmentAboutToBeModified",
    }

    locals().update(
        plainProperties(
            selectionMode=("QVariant", 3),
            headerVisible=(bool, True),
            visibilityColumnVisible=(bool, True),
            colorColumnVisible=(bool, True),
            opacityColumnVisible=(bool, False),
            statusColumnVisible=(bool, False),
            layerColumnVisible=(bool, False),
            readOnly=(bool, False),
            filterBarVisible=(bool, False),
            textFilter=(str, ""),
            jumpToSelectedSegmentEnabled=(bool, False),
        )
    )

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self._observation = Observation()
        self._ids: list[str] = []
        self._table = facade(QtWidgets.QTableWidget)(0, 3, self)
        self._table.setHorizontalHeaderLabels(["", "Color", "Name"])
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.setColumnWidth(VISIBLE, 28)
        self._table.setColumnWidth(COLOR, 56)
        self._table.verticalHeader().hide()
        self._table.setSelectionBehavior(QtWidgets.QTableWidget.SelectionBehavior.SelectRows)
        self._table.itemChanged.connect(self._onItemChanged)
        self._table.selectionModel().selectionChanged.connect(self.selectionChanged)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)

    def segmentationNode(self) -> Any:
        return self._node

    def setSegmentationNode(self, node: Any) -> None:
        self._observation.clear()
        self._node = node
        if node is not None:
            core = slicer.vtkSegmentation
            for event in (core.SegmentAdded, core.SegmentRemoved, core.SegmentModified, core.SegmentsOrderModified):
                self._observation.add(node, event, self._rebuild)
            self._observation.add(node, slicer.vtkMRMLDisplayableNode.DisplayModifiedEvent, self._rebuild)
        self._rebuild()

    def tableWidget(self) -> QtWidgets.QTableView:
        return self._table

    segmentCount = QtCore.Property(int, lambda self: len(self._ids))

    def displayedSegmentIDs(self) -> tuple[str, ...]:
        return tuple(self._ids)

    def rowForSegmentID(self, segmentId: str) -> int:
        return self._ids.index(segmentId) if segmentId in self._ids else -1

    def segmentIDForRow(self, row: int) -> str:
        return self._ids[row] if 0 <= row < len(self._ids) else ""

    def selectedSegmentIDs(self) -> tuple[str, ...]:
        rows = sorted(index.row() for index in self._table.selectionModel().selectedRows())
        return tuple(self._ids[row] for row in rows)

    def setSelectedSegmentIDs(self, segmentIds: Any) -> None:
        self._table.clearSelection()
        for segmentId in segmentIds:
            if segmentId in self._ids:
                self._table.selectRow(self._ids.index(segmentId))

    def clearSelection(self) -> None:
        self._table.clearSelection()

    def _rebuild(self) -> None:
        chosen = self.selectedSegmentIDs()
        blocked = self._table.blockSignals(True)
        segmentation = self._node.GetSegmentation() if self._node is not None else None
        self._ids = list(segmentation.GetSegmentIDs()) if segmentation is not None else []
        self._table.setRowCount(len(self._ids))
        for row, segmentId in enumerate(self._ids):
            self._fill(row, segmentation.GetSegment(segmentId), segmentId)
        self.setSelectedSegmentIDs(chosen)
        self._table.blockSignals(blocked)

    def _fill(self, row: int, segment: Any, segmentId: str) -> None:
        display = self._node.GetDisplayNode()
        visible = display is None or display.GetSegmentVisibility(segmentId)
        check = QtWidgets.QTableWidgetItem()
        check.setCheckState(QtCore.Qt.CheckState.Checked if visible else QtCore.Qt.CheckState.Unchecked)
        color = QtWidgets.QTableWidgetItem()
        color.setBackground(QtGui.QColor.fromRgbF(*segment.GetColor()))
        self._table.setItem(row, VISIBLE, check)
        self._table.setItem(row, COLOR, color)
        self._table.setItem(row, NAME, QtWidgets.QTableWidgetItem(segment.GetName()))

    def _onItemChanged(self, item: QtWidgets.QTableWidgetItem) -> None:
        segmentId = self._ids[item.row()]
        self.segmentAboutToBeModified.emit(segmentId)
        if item.column() == VISIBLE:
            shown = item.checkState() == QtCore.Qt.CheckState.Checked
            self._node.GetDisplayNode().SetSegmentVisibility(segmentId, shown)
        elif item.column() == NAME:
            self._node.GetSegmentation().GetSegment(segmentId).SetName(item.text())
