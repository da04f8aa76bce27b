"""qMRMLTableView: a table node shown as text."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6 import QtCore, QtGui, QtWidgets

from host.pythonqt.facade import facade

from .observation import Observation
from .properties import plainProperties


class qMRMLTableView(facade(QtWidgets.QTableView)):  # type: ignore[misc]
    """The cells of a vtkMRMLTableNode; edits go back into the node unless it is locked."""

    mrmlSceneChanged = QtCore.Signal(object)
    nodeSelectionChanged = QtCore.Signal()
    SIGNALS: ClassVar[dict[str, str]] = {
        "mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged",
        "selectionChanged()": "nodeSelectionChanged",
    }

    locals().update(
        plainProperties(transposed=(bool, False), firstRowLocked=(bool, False), firstColumnLocked=(bool, False))
    )

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self._node: Any = None
        self._observation = Observation()
        self._cells = QtGui.QStandardItemModel(self)
        self.setModel(self._cells)
        self._cells.itemChanged.connect(self._onItemChanged)
        self.selectionModel().selectionChanged.connect(lambda *_: self.nodeSelectionChanged.emit())

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)

    def mrmlTableNode(self) -> Any:
        return self._node

    def setMRMLTableNode(self, node: Any) -> None:
        self._observation.clear()
        self._node = node
        if node is not None:
            self._observation.add(node, "ModifiedEvent", self._rebuild)
        self._rebuild()

    def _rebuild(self) -> None:
        table = self._node.GetTable() if self._node is not None else None
        blocked = self._cells.blockSignals(True)
        self._cells.clear()
        if table is not None:
            columns = range(table.GetNumberOfColumns())
            for row in range(table.GetNumberOfRows()):
                texts = [table.GetValue(row, column).ToString() for column in columns]
                self._cells.appendRow([QtGui.QStandardItem(text) for text in texts])
            self._cells.setHorizontalHeaderLabels([table.GetColumnName(column) or "" for column in columns])
        self._cells.blockSignals(blocked)
        self._cells.layoutChanged.emit()

    def _onItemChanged(self, item: QtGui.QStandardItem) -> None:
        self._node.SetCellText(item.row(), item.column(), item.text())
