"""The order in which edits are taken back and made again."""

from __future__ import annotations

from collections import deque

from OrthoAILib.Review.Command import Command

LIMIT = 200
"""Edits that are kept; older ones stay as they are."""


class UndoStack:
    """Edits made, and edits taken back.

    Args:
        limit: edits that can be taken back.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._done: deque[Command] = deque(maxlen=limit)
        self._undone: list[Command] = []

    def push(self, command: Command) -> None:
        """Keep an edit that has been made. What had been taken back before it can no longer be made again."""
        self._done.append(command)
        self._undone.clear()

    def clear(self) -> None:
        """Forget everything; nothing is changed."""
        self._done.clear()
        self._undone.clear()

    @property
    def undoText(self) -> str:
        """What :meth:`undo` would take back; empty when there is nothing."""
        self._dropLost()
        return self._done[-1].text if self._done else ""

    @property
    def redoText(self) -> str:
        """What :meth:`redo` would make again; empty when there is nothing."""
        self._dropLost()
        return self._undone[-1].text if self._undone else ""

    def undo(self) -> Command | None:
        """Take the newest edit back; None when there is none."""
        self._dropLost()
        if not self._done:
            return None
        command = self._done.pop()
        command.revert()
        self._undone.append(command)
        return command

    def redo(self) -> Command | None:
        """Make the edit again that was taken back last; None when there is none."""
        self._dropLost()
        if not self._undone:
            return None
        command = self._undone.pop()
        command.apply()
        self._done.append(command)
        return command

    def _dropLost(self) -> None:
        """An edit of a box that somebody has deleted since can neither be taken back nor made again."""
        while self._done and not self._done[-1].isPossible:
            self._done.pop()
        while self._undone and not self._undone[-1].isPossible:
            self._undone.pop()
