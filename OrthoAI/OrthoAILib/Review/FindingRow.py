"""A row of the findings table, as its node has it now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from OrthoAILib.Bridge.FindingsTable import CLASS, PROBABILITY, RAS, SLICE, STRUCTURE


@dataclass(frozen=True)
class FindingRow:
    """One finding.

    Attributes:
        structure, finding: names as the engine writes them.
        probability: 0..1; None where the table has none.
        details: column name, with its unit, and content of the uncertainty, measurements and flags that are there.
    """

    structure: str
    finding: str
    probability: float | None
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
        details = tuple((name, f"{_short(text)} {units[name]}".strip()) for name, text in cells.items() if text)
        return cls(structure, finding, probability, details)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _short(text: str) -> str:
    """Numbers with the digits that a person reads."""
    value = _number(text)
    return text if value is None else f"{value:.4g}"
