"""Turns changed classes in the findings table into edits that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vtk

from OrthoAILib.Review.FindingRow import FindingRow
from OrthoAILib.Review.SetFindingClass import SetFindingClass


class FindingsWatch:
    """Watches the classes of a result's findings, whoever changes them.

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

    def settle(self) -> list[SetFindingClass]:
        """The edits since the last call, one for each finding that has another class than before."""
        before, self._rows = self._rows, FindingRow.readAll(self._table)
        return [
            SetFindingClass(self._bridge, self._nodes, row, new.structure, old.finding, new.finding)
            for row, (old, new) in enumerate(zip(before, self._rows, strict=False))
            if old.finding != new.finding
        ]

    def close(self) -> None:
        """Stop watching."""
        if self._tag is not None:
            self._table.RemoveObserver(self._tag)
        self._tag = None

    def _onModified(self, caller: Any, event: str) -> None:
        self._onTouched()
