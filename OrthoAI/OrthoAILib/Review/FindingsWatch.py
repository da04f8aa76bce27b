"""Turns changed classes and grades in the findings table into edits that can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import vtk

from OrthoAILib.Review.FindingEdit import FindingEdit
from OrthoAILib.Review.FindingRow import FindingRow
from OrthoAILib.Review.Wording import readable


class FindingsWatch:
    """Watches the classes and the reviewed grades of a result's findings, whoever changes them.

    Args:
        bridge: a ReviewBridge, with which the edits are taken back.
        nodes: ResultNodes.
        onTouched: called when the table changed.
    """

    def __init__(self, bridge: Any, nodes: Any, onTouched: Callable[[], None]) -> None:
        self._bridge, self._nodes, self._onTouched = bridge, nodes, onTouched
        self._table = nodes.findingsTable
        self._rows = FindingRow.readAll(self._table)
        self._tag = None
        if self._table is not None:
            self._tag = self._table.AddObserver(vtk.vtkCommand.ModifiedEvent, self._onModified)

    def settle(self) -> list[FindingEdit]:
        """The edits since the last call, one for each class or grade that is another than before."""
        before, self._rows = self._rows, FindingRow.readAll(self._table)
        pairs = enumerate(zip(before, self._rows, strict=False))
        return [edit for row, (old, new) in pairs for edit in self._edits(row, old, new)]

    def close(self) -> None:
        """Stop watching."""
        if self._tag is not None:
            self._table.RemoveObserver(self._tag)
        self._tag = None

    def _edits(self, row: int, old: FindingRow, new: FindingRow) -> Iterator[FindingEdit]:
        structure = readable(new.structure)
        if old.finding != new.finding:
            put = partial(self._bridge.setFindingClass, self._nodes, row)
            text = f"{structure}: {readable(old.finding)} to {readable(new.finding)}"
            yield FindingEdit(self._nodes, row, put, old.finding, new.finding, text)
        known, told = dict(old.reviewed), dict(new.reviewed)
        for name in dict.fromkeys((*known, *told)):
            before, after = known.get(name), told.get(name)
            if before != after:
                put = partial(self._bridge.setFindingGrade, self._nodes, row, name)
                text = f"{structure}: {readable(name)} {_shown(before)} to {_shown(after)}"
                yield FindingEdit(self._nodes, row, put, before, after, text)

    def _onModified(self, caller: Any, event: str) -> None:
        self._onTouched()


def _shown(grade: float | None) -> str:
    return "not confirmed" if grade is None else f"{grade:g}"
