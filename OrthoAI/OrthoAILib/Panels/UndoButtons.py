"""Undo and redo, whose tooltips say what would be undone or made again."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from OrthoAILib.Review.EditHistory import EditHistory
from OrthoAILib.Signal import Signal


class UndoButtons:
    """Shows what can be undone; tells what was clicked.

    Args:
        ui: with undoButton, redoButton.
        undoKeys, redoKeys: keyboard shortcuts, shown in the tooltips.

    Signals:
        undoAsked(), redoAsked().
    """

    def __init__(self, ui: Any, undoKeys: str, redoKeys: str) -> None:
        self.undoAsked, self.redoAsked = Signal(), Signal()
        self._ui, self._undoKeys, self._redoKeys = ui, undoKeys, redoKeys
        ui.undoButton.connect("clicked()", self.undoAsked.emit)
        ui.redoButton.connect("clicked()", self.redoAsked.emit)

    def show(self, history: EditHistory | None, isEnabled: bool) -> None:
        """Show the ``history`` of a review, None for no review; unless ``isEnabled`` neither can be clicked."""
        undo, redo = (history.undoText, history.redoText) if history is not None else ("", "")
        self._ui.undoButton.setEnabled(isEnabled and history is not None and history.canUndo)
        self._ui.redoButton.setEnabled(isEnabled and history is not None and history.canRedo)
        self._ui.undoButton.setToolTip(_tip(_("Undo"), undo, self._undoKeys))
        self._ui.redoButton.setToolTip(_tip(_("Redo"), redo, self._redoKeys))


def _tip(word: str, text: str, keys: str) -> str:
    return f"{word}: {text} ({keys})" if text else f"{word} ({keys})"
