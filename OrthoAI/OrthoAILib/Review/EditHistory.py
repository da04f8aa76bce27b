"""One undo for everything: classes, boxes and masks."""

from __future__ import annotations

from collections.abc import Callable

from OrthoAILib.Review.Command import Command
from OrthoAILib.Review.UndoStack import UndoStack


def _nothing() -> None:
    """For a review without a mask editor."""


class EditHistory:
    """Sends an undo to where the last edit was made.

    The Segment Editor keeps a history of its own for the masks and tells nobody what is in it. So an undo goes to the
    side that was edited last, and to the other one when that side changes nothing.

    Args:
        countMaskEdits: number of edits of the masks so far; it grows when an undo of the editor changes something.
        maskUndo, maskRedo: of the Segment Editor.
    """

    def __init__(
        self,
        countMaskEdits: Callable[[], int],
        maskUndo: Callable[[], None] = _nothing,
        maskRedo: Callable[[], None] = _nothing,
    ) -> None:
        self._stack = UndoStack()
        self._count = countMaskEdits
        self._masks = (maskUndo, maskRedo)
        self._masksLast = False

    def push(self, command: Command) -> None:
        """A class or a box was edited."""
        self._stack.push(command)
        self._masksLast = False

    def masksEdited(self) -> None:
        """A mask was edited."""
        self._masksLast = True

    @property
    def undoText(self) -> str:
        """What an undo would take back; empty when there is nothing."""
        return "Mask edit" if self._masksLast else self._stack.undoText

    @property
    def redoText(self) -> str:
        """What a redo would make again; empty when there is nothing."""
        return self._stack.redoText

    @property
    def canUndo(self) -> bool:
        return bool(self._stack.undoText) or self._count() > 0

    @property
    def canRedo(self) -> bool:
        return bool(self._stack.redoText) or self._count() > 0

    def undo(self) -> bool:
        """Take the last edit back. False when there is none."""
        return self._go(self._masks[0], self._stack.undo)

    def redo(self) -> bool:
        """Make the edit again that was taken back last. False when there is none."""
        return self._go(self._masks[1], self._stack.redo)

    def _go(self, inEditor: Callable[[], None], inStack: Callable[[], Command | None]) -> bool:
        masksFirst = self._masksLast
        if masksFirst and self._changesMasks(inEditor):
            return True
        if inStack() is not None:
            self._masksLast = False
            return True
        return not masksFirst and self._changesMasks(inEditor)

    def _changesMasks(self, inEditor: Callable[[], None]) -> bool:
        before = self._count()
        inEditor()
        changed = self._count() != before
        self._masksLast = changed
        return changed
