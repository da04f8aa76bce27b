"""A field for a folder's path."""

from __future__ import annotations

from typing import Any

import qt

from OrthoAILib.Signal import Signal

TYPING_MS = 700
"""Milliseconds without a letter after which a path that is typed counts as whole."""


class FolderField:
    """Tells which folder was chosen; of a path that is being typed not before the typing rests.

    CTK tells of each letter, and the beginnings of a path are folders, too: the first one is the whole disk.

    Args:
        field: ctkPathLineEdit.

    Signals:
        chosen(path): may be empty, and need not be there.
    """

    def __init__(self, field: Any) -> None:
        self.chosen = Signal()
        self._field = field
        self._isTyping = False
        self._rest = qt.QTimer(field)  # Which takes it along when the panel goes.
        self._rest.setSingleShot(True)
        self._rest.setInterval(TYPING_MS)
        self._rest.connect("timeout()", self.settle)
        field.connect("currentPathChanged(QString)", self._onChanged)

    def show(self, folder: str) -> None:
        """Show ``folder`` without telling that it was chosen; what is being typed stays."""
        if self._field.currentPath != folder and not self._isTyping:
            blocked = self._field.blockSignals(True)
            self._field.setCurrentPath(folder)
            self._field.blockSignals(blocked)

    def settle(self) -> None:
        """Take what has been typed so far for the whole path."""
        self._rest.stop()
        if self._isTyping:
            self._isTyping = False
            self.chosen.emit(self._field.currentPath)

    def _onChanged(self, path: str) -> None:
        # Qt's word for what a person typed; what is picked or set by a script is not modified.
        self._isTyping = any(line.modified for line in self._field.findChildren(qt.QLineEdit))
        if self._isTyping:
            self._rest.start()
        else:
            self._rest.stop()
            self.chosen.emit(path)
