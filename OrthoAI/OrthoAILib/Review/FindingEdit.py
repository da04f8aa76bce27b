"""What every edit of a finding is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class FindingEdit:
    """Gives one row of the findings table something else.

    Args:
        nodes: the result's ResultNodes.
        row: of the findings table.
        put: takes what the row gets.
        before, after: what it gets when the edit is taken back, and when it is made.
        text: what the edit does.
    """

    def __init__(self, nodes: Any, row: int, put: Callable[[Any], None], before: Any, after: Any, text: str) -> None:
        self._nodes, self._row, self._put = nodes, row, put
        self._before, self._after = before, after
        self.text = text

    @property
    def isPossible(self) -> bool:
        table = self._nodes.findingsTable
        return table is not None and table.GetScene() is not None and self._row < table.GetNumberOfRows()

    def apply(self) -> None:
        self._put(self._after)

    def revert(self) -> None:
        self._put(self._before)
