"""The edit that gives a finding another class."""

from __future__ import annotations

from typing import Any

from OrthoAILib.Review.Wording import readable


class SetFindingClass:
    """Gives the finding in one row another class.

    Args:
        bridge: a ReviewBridge, or anything with ``setFindingClass(nodes, row, label)``.
        nodes: the result's ResultNodes.
        row: of the findings table.
        structure: what the finding is about, for the text.
        before, after: class names.
    """

    def __init__(self, bridge: Any, nodes: Any, row: int, structure: str, before: str, after: str) -> None:
        self._bridge, self._nodes, self._row = bridge, nodes, row
        self._before, self._after = before, after
        self.text = f"{readable(structure)}: {readable(before)} to {readable(after)}"

    @property
    def isPossible(self) -> bool:
        table = self._nodes.findingsTable
        return table is not None and table.GetScene() is not None and self._row < table.GetNumberOfRows()

    def apply(self) -> None:
        self._bridge.setFindingClass(self._nodes, self._row, self._after)

    def revert(self) -> None:
        self._bridge.setFindingClass(self._nodes, self._row, self._before)
