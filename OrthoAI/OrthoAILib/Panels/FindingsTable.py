"""The findings, one a row, and the class of the chosen one."""

from __future__ import annotations

from typing import Any

import qt
from slicer.i18n import tr as _

from OrthoAILib.Review.FindingRow import FindingRow
from OrthoAILib.Review.Wording import readable
from OrthoAILib.Signal import Signal

COLUMNS = 4


class FindingsTable:
    """Shows findings; tells what was clicked and which class was chosen.

    Args:
        table: QTableWidget.
        classSelector: QComboBox for the class of the chosen finding.

    Signals:
        chosen(row): by mouse or keyboard; classChosen(row, label).
    """

    def __init__(self, table: Any, classSelector: Any) -> None:
        self.chosen, self.classChosen = Signal(), Signal()
        self._table, self._selector = table, classSelector
        self._rows: tuple[FindingRow, ...] = ()
        self._classes: tuple[tuple[str, ...], ...] = ()
        table.setColumnCount(COLUMNS)
        table.setHorizontalHeaderLabels([_("Structure"), _("Finding"), _("Probability"), _("Details")])
        table.connect("cellClicked(int,int)", self._onClicked)
        table.connect("itemSelectionChanged()", self._onSelectionChanged)
        table.connect("cellDoubleClicked(int,int)", self._onDoubleClicked)
        classSelector.connect("activated(int)", self._onClassActivated)
        self.show((), ())

    @property
    def row(self) -> int:
        """The chosen row; -1 for none."""
        # Not currentRow: Qt tells of a selection before it sets that.
        items = self._table.selectedItems()
        return items[0].row() if items else -1

    def show(self, rows: tuple[FindingRow, ...], classes: tuple[tuple[str, ...], ...]) -> None:
        """Show ``rows`` and, for each, the ``classes`` to choose from. The chosen row stays chosen if it is there."""
        chosen = self.row
        self._rows, self._classes = rows, classes
        blocked = self._table.blockSignals(True)
        self._table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            details = "; ".join(_detail(name, text) for name, text in row.details)
            probability = "" if row.probability is None else f"{100 * row.probability:.0f} %"
            for column, text in enumerate((readable(row.structure), readable(row.finding), probability, details)):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(_("{text}\nClick to see it in the slices.").format(text=text))
                self._table.setItem(number, column, item)
        if 0 <= chosen < len(rows):
            self._table.setCurrentCell(chosen, 0)
        else:
            self._table.clearSelection()
        self._table.blockSignals(blocked)
        self._showClasses()

    def _showClasses(self) -> None:
        row = self.row
        there = 0 <= row < len(self._rows)
        self._selector.clear()
        if there:
            for name in self._classes[row]:
                self._selector.addItem(readable(name), name)
            self._selector.setCurrentIndex(self._classes[row].index(self._rows[row].finding))
        self._selector.setEnabled(there)

    def _onClicked(self, row: int, column: int) -> None:
        self.chosen.emit(row)

    def _onSelectionChanged(self) -> None:
        self._showClasses()
        if self.row >= 0:
            self.chosen.emit(self.row)

    def _onDoubleClicked(self, row: int, column: int) -> None:
        self._selector.setFocus()
        self._selector.showPopup()

    def _onClassActivated(self, index: int) -> None:
        if self.row >= 0:
            self.classChosen.emit(self.row, self._selector.itemData(index))


def _detail(name: str, text: str) -> str:
    """ "volume_ml" and "312 mL" as "Volume 312 mL": the unit stands behind the number already."""
    unit = text.rpartition(" ")[2].lower()
    stem, _bar, last = name.rpartition("_")
    return f"{readable(stem if stem and last.lower() == unit else name)} {text}"
