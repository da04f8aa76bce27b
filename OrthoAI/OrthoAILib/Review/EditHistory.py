"""One undo for everything: classes, boxes and masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from OrthoAILib.Review.Command import Command
from OrthoAILib.Review.UndoStack import UndoStack


@dataclass(frozen=True)
class MaskEdit:
    """Edits of the masks between two other edits.

    Attributes:
        goal: what the masks are when all of it is taken back, or made again.
    """

    goal: object
    text: str = "Mask edit"
    isPossible: bool = True


def _nothing() -> None:
    """For a review without a mask editor."""


class EditHistory:
    """Sends an undo to the side where the edit was made that it takes back.

    The Segment Editor keeps a history of its own for the masks and tells nobody what is in it, so what an undo of it
    did is seen by the masks. Quick strokes are known as one edit and taken back one by one.

    Args:
        maskState: what the masks are now, to be compared.
        maskUndo, maskRedo: of the Segment Editor.
    """

    def __init__(
        self,
        maskState: Callable[[], object],
        maskUndo: Callable[[], None] = _nothing,
        maskRedo: Callable[[], None] = _nothing,
    ) -> None:
        self._stack = UndoStack()
        self._maskState, self._maskUndo, self._maskRedo = maskState, maskUndo, maskRedo
        self._masks = maskState()
        self._done: list[Command | MaskEdit] = []
        self._undone: list[Command | MaskEdit] = []

    def push(self, command: Command) -> None:
        """A class or a box was edited."""
        self._stack.push(command)
        self._add(command)

    def masksEdited(self) -> None:
        """A mask was edited."""
        self._add(MaskEdit(self._masks))
        self._masks = self._maskState()

    @property
    def undoText(self) -> str:
        """What an undo would take back; empty when there is nothing."""
        return _newest(self._done)

    @property
    def redoText(self) -> str:
        """What a redo would make again; empty when there is nothing."""
        return _newest(self._undone)

    @property
    def canUndo(self) -> bool:
        return bool(self.undoText)

    @property
    def canRedo(self) -> bool:
        return bool(self.redoText)

    def undo(self) -> bool:
        """Take the last edit back. False when there is none."""
        return self._go(self._done, self._undone, self._maskUndo, self._stack.undo)

    def redo(self) -> bool:
        """Make the edit again that was taken back last. False when there is none."""
        return self._go(self._undone, self._done, self._maskRedo, self._stack.redo)

    def _add(self, edit: Command | MaskEdit) -> None:
        self._done.append(edit)
        self._undone.clear()

    def _go(
        self,
        source: list[Command | MaskEdit],
        target: list[Command | MaskEdit],
        inEditor: Callable[[], None],
        inStack: Callable[[], Command | None],
    ) -> bool:
        while source:
            edit = source[-1]
            if isinstance(edit, MaskEdit):
                if self._changesMasks(inEditor, target):
                    if edit.goal == self._masks:
                        source.pop()
                    return True
            elif edit.isPossible and inStack() is not None:
                target.append(source.pop())
                return True
            source.pop()
        return self._changesMasks(inEditor, target)

    def _changesMasks(self, inEditor: Callable[[], None], target: list[Command | MaskEdit]) -> bool:
        before = self._masks
        inEditor()
        self._masks = self._maskState()
        if self._masks == before:
            return False
        target.append(MaskEdit(before))
        return True


def _newest(edits: list[Command | MaskEdit]) -> str:
    return next((edit.text for edit in reversed(edits) if edit.isPossible), "")
