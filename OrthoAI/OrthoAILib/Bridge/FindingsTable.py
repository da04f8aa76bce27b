"""Findings as a table that a radiologist reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import slicer
import vtk
from orthoai.errors import InputError
from orthoai.finding import Finding
from orthoai.spine.written import written

STRUCTURE, CLASS, PROBABILITY, UNCERTAINTY = "Structure", "Finding", "Probability", "Uncertainty"
FLAGS, SLICE = "Flags", "Slice"
RAS = ("R", "A", "S")
"""Names of the columns; those of the measurements stand before the flags. R, A, S are mm in the volume's own frame,
Slice is the index k of the volume."""

REVIEWED = "Reviewed "
"""Before a measurement's name, of the column with what the reviewer set or confirmed; an empty cell says neither. A
table has such a column once there is something in it."""

DIGITS = 3
"""Decimals shown; the exact numbers stay in result.json."""

Cell = str | float | int | None


def fillTable(table: slicer.vtkMRMLTableNode, findings: Sequence[Finding]) -> None:
    """One row for each finding, in their order."""
    units = {name: item.unit for finding in findings for name, item in finding.measurements.items()}
    columns: dict[str, list[Cell]] = {
        STRUCTURE: [finding.structure for finding in findings],
        CLASS: [finding.label for finding in findings],
        PROBABILITY: [finding.probability for finding in findings],
        UNCERTAINTY: [finding.uncertainty for finding in findings],
    }
    for name in units:
        columns[name] = [getattr(finding.measurements.get(name), "value", None) for finding in findings]
    for name in dict.fromkeys(name for finding in findings for name in finding.confirmed):
        columns[REVIEWED + name] = [_confirmed(finding, name) for finding in findings]
    columns[FLAGS] = ["; ".join(finding.flags) for finding in findings]
    places = [finding.place for finding in findings]
    for axis, (name, sign) in enumerate(zip(RAS, (-1, -1, 1), strict=True)):
        columns[name] = [None if place is None else sign * float(place.lps[axis]) for place in places]
    columns[SLICE] = [None if place is None else place.slice_index for place in places]
    table.RemoveAllColumns()
    for name, cells in columns.items():
        table.AddColumn(_column(name, cells))
        if name in units:
            table.SetColumnUnitLabel(name, units[name])
    table.SetUseColumnTitleAsColumnHeader(True)
    table.SetLocked(True)  # Classes and grades change through ReviewBridge, which keeps to the classes that there are.


def setClass(table: slicer.vtkMRMLTableNode, row: int, label: str) -> None:
    """Change the class in a row. Raises IndexError where there is no such row."""
    _requireRow(table, row)
    table.SetCellText(row, table.GetColumnIndex(CLASS), label)


def setGrade(table: slicer.vtkMRMLTableNode, row: int, name: str, value: float | None) -> None:
    """Keep what the reviewer says of the measurement ``name`` in a row; None for nothing. IndexError as above."""
    _requireRow(table, row)
    if table.GetColumnIndex(REVIEWED + name) < 0:
        table.AddColumn(_column(REVIEWED + name, [None] * table.GetNumberOfRows()))
    table.SetCellText(row, table.GetColumnIndex(REVIEWED + name), "" if value is None else f"{value:g}")


def editedFindings(table: slicer.vtkMRMLTableNode | None, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings with the classes and the confirmed measurements that the table gives them now.

    Args:
        table: filled from ``findings``; None where the user deleted it, and the findings stay as they are.

    Raises:
        InputError: rows or the column of the classes were removed or added, or a reviewed measurement is no number.
    """
    if table is None:
        return tuple(findings)
    column = table.GetColumnIndex(CLASS)
    if column < 0 or table.GetNumberOfRows() != len(findings):
        raise InputError("The table of findings no longer has one row for each finding; run the task again.")
    columns = [table.GetColumnName(number) for number in range(table.GetNumberOfColumns())]
    reviewed = [name.removeprefix(REVIEWED) for name in columns if name.startswith(REVIEWED)]
    edited = []
    for row, finding in enumerate(findings):
        finding = replace(finding, label=table.GetCellText(row, column) or finding.label, confirmed=())
        for name in reviewed:
            text = table.GetCellText(row, table.GetColumnIndex(REVIEWED + name))
            finding = finding.with_confirmed(name, _grade(name, text)) if text else finding
        edited.append(finding)
    return tuple(edited)


def _requireRow(table: slicer.vtkMRMLTableNode, row: int) -> None:
    if not 0 <= row < table.GetNumberOfRows():
        raise IndexError(f"the table has no row {row}")


def _confirmed(finding: Finding, name: str) -> str | None:
    return f"{finding.measurements[name].value:g}" if name in finding.confirmed else None


def _grade(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f'The table of findings says "{text}" for {REVIEWED}{name}; choose a number there.') from None


def _column(name: str, cells: Sequence[Cell]) -> vtk.vtkAbstractArray:
    """Numbers where every row has one, else text, where a missing one is an empty cell."""
    if cells and all(isinstance(cell, int) for cell in cells):
        array, values = vtk.vtkIntArray(), list(cells)
    elif cells and all(isinstance(cell, int | float) for cell in cells):
        array, values = vtk.vtkDoubleArray(), [_rounded(name, float(cell)) for cell in cells if cell is not None]
    else:
        array, values = vtk.vtkStringArray(), [_text(name, cell) for cell in cells]
    array.SetName(name)
    for value in values:
        array.InsertNextValue(value)
    return array


def _text(name: str, cell: Cell) -> str:
    if cell is None:
        return ""
    return str(_rounded(name, cell)) if isinstance(cell, float) else str(cell)


def _rounded(name: str, value: float) -> float:
    return float(written(name, value, DIGITS))
