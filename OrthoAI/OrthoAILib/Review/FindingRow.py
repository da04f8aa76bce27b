"""A row of the findings table, as its node has it now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from orthoai.spine.written import written

from OrthoAILib.Bridge.FindingsTable import CLASS, PROBABILITY, RAS, REVIEWED, SLICE, STRUCTURE

NOTE = " (reviewed)"
"""Behind what a reviewer set or confirmed."""


@dataclass(frozen=True)
class FindingRow:
    """One finding.

    Attributes:
        structure, finding: names as the engine writes them.
        probability: 0..1; None where the table has none.
        reviewed: name and value of the measurements that the reviewer set or confirmed.
        details: column name, with its unit, and content of the uncertainty, measurements and flags that are there; of
            a reviewed measurement, what the reviewer says.
    """

    structure: str
    finding: str
    probability: float | None
    reviewed: tuple[tuple[str, float], ...]
    details: tuple[tuple[str, str], ...]

    @classmethod
    def readAll(cls, tableNode: Any | None) -> tuple[FindingRow, ...]:
        """Every row of a vtkMRMLTableNode that the ResultBridge made; none where there is no node."""
        if tableNode is None:
            return ()
        table = tableNode.GetTable()
        columns = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
        units = {name: tableNode.GetColumnUnitLabel(name) or "" for name in columns}
        return tuple(
            cls._read({name: table.GetValueByName(row, name).ToString() for name in columns}, units)
            for row in range(table.GetNumberOfRows())
        )

    @classmethod
    def _read(cls, cells: dict[str, str], units: dict[str, str]) -> FindingRow:
        for name in (*RAS, SLICE):
            cells.pop(name, None)  # The slices show the place better than numbers do.
        structure, finding = cells.pop(STRUCTURE, ""), cells.pop(CLASS, "")
        probability = _number(cells.pop(PROBABILITY, ""))
        columns = [name for name in cells if name.startswith(REVIEWED)]
        found = {name.removeprefix(REVIEWED): _number(cells.pop(name)) for name in columns}
        reviewed = {name: value for name, value in found.items() if value is not None}
        cells |= {name: str(value) for name, value in reviewed.items()}
        details = tuple(
            (name, f"{_short(name, text)} {_shownUnit(units.get(name, ''))}".strip() + NOTE * (name in reviewed))
            for name, text in cells.items()
            if text
        )
        return cls(structure, finding, probability, tuple(reviewed.items()), details)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _shownUnit(unit: str) -> str:
    """A ratio or a grade has none that a person reads."""
    return "" if unit == "1" else unit


def _short(name: str, text: str) -> str:
    """Numbers with the digits that a person reads."""
    value = _number(text)
    return text if value is None else written(name, value, 4, "g")
