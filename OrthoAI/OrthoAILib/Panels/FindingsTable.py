"""The findings, one a row, and class and grade of the chosen one."""

from __future__ import annotations

from typing import Any

import qt
from slicer.i18n import tr as _

from OrthoAILib.Bridge.FindingsTable import FLAGS
from OrthoAILib.Panels.RowSelector import NO_CHOICES, Choices, RowSelector
from OrthoAILib.Review.FindingRow import NOTE, FindingRow
from OrthoAILib.Review.Wording import readable
from OrthoAILib.Signal import Signal

COLUMNS = 4


class FindingsTable:
    """Shows findings; tells what was clicked, and which class or grade was chosen.

    Args:
        table: QTableWidget.
        classSelector, gradeSelector: QComboBox for the class and for the grade of the chosen finding.
        detailText: QLabel for all that is known of the chosen finding: a cell holds two lines of it.

    Signals:
        chosen(row): by mouse or keyboard; classChosen(row, label); gradeChosen(row, value), None for not confirmed.
    """

    def __init__(self, table: Any, classSelector: Any, gradeSelector: Any, detailText: Any) -> None:
        self.chosen, self.classChosen, self.gradeChosen = Signal(), Signal(), Signal()
        self._table, self._detailText = table, detailText
        detailText.setTextFormat(qt.Qt.PlainText)  # What a result says is text, whatever it holds.
        self._class, self._grade = RowSelector(classSelector), RowSelector(gradeSelector)
        self._class.chosen.connect(lambda label: self.classChosen.emit(self.row, label))
        self._grade.chosen.connect(lambda value: self.gradeChosen.emit(self.row, value))
        self._choices: tuple[tuple[Choices, Choices], ...] = ()
        self._details: tuple[str, ...] = ()
        self._enabled = True
        table.setColumnCount(COLUMNS)
        table.setHorizontalHeaderLabels([_("Structure"), _("Finding"), _("Probability"), _("Details")])
        table.connect("cellClicked(int,int)", self._onClicked)
        table.connect("itemSelectionChanged()", self._onSelectionChanged)
        table.connect("cellDoubleClicked(int,int)", self._onDoubleClicked)
        self.show((), ())

    @property
    def row(self) -> int:
        """The chosen row; -1 for none."""
        # Not currentRow: Qt tells of a selection before it sets that.
        items = self._table.selectedItems()
        return items[0].row() if items else -1

    def setEnabled(self, enabled: bool) -> None:
        """Whether class and grade may be changed; rows can always be chosen."""
        self._enabled = enabled
        self._showChoices()

    def show(self, rows: tuple[FindingRow, ...], choices: tuple[tuple[Choices, Choices], ...]) -> None:
        """Show ``rows`` and, for each, the classes and the grades to choose from. The chosen row stays chosen if it is
        there."""
        chosen = self.row
        self._choices = choices
        self._details = tuple(_details(row) for row in rows)
        blocked = self._table.blockSignals(True)
        self._table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            probability = "" if row.probability is None else f"{100 * row.probability:.0f} %"
            texts = (readable(row.structure), readable(row.finding), probability, self._details[number])
            for column, text in enumerate(texts):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(_("{text}\nClick to see it in the slices.").format(text=text))
                self._table.setItem(number, column, item)
        for column in range(COLUMNS - 1):  # The details get all the rest.
            self._table.resizeColumnToContents(column)
        if 0 <= chosen < len(rows):
            self._table.setCurrentCell(chosen, 0)
        else:
            self._table.clearSelection()
        self._table.blockSignals(blocked)
        self._showChoices()

    def _showChoices(self) -> None:
        there = 0 <= self.row < len(self._choices)
        detail = self._details[self.row] if there else ""
        self._detailText.setText(detail)
        self._detailText.setVisible(bool(detail))
        classes, grades = self._choices[self.row] if there else (NO_CHOICES, NO_CHOICES)
        self._class.show(classes, self._enabled)
        self._grade.show(grades, self._enabled)

    def _onClicked(self, row: int, column: int) -> None:
        self.chosen.emit(row)

    def _onSelectionChanged(self) -> None:
        self._showChoices()
        if self.row >= 0:
            self.chosen.emit(self.row)

    def _onDoubleClicked(self, row: int, column: int) -> None:
        self._class.open()


def _details(row: FindingRow) -> str:
    """Warnings first: a cell shows the beginning."""
    warnings = [text for name, text in row.details if name == FLAGS]
    return "; ".join([*warnings, *(_detail(name, text) for name, text in row.details if name != FLAGS)])


def _detail(name: str, text: str) -> str:
    """ "volume_ml" and "312 mL" as "Volume 312 mL": the unit stands behind the number already."""
    unit = text.removesuffix(NOTE).rpartition(" ")[2].lower()
    stem, _bar, last = name.rpartition("_")
    return f"{readable(stem if stem and last.lower() == unit else name)} {text}"
