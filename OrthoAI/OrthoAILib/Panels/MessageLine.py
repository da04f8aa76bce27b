"""One line that says what happened, instead of a window that has to be closed."""

from __future__ import annotations

from typing import Any

import qt
import slicer

ICON_SIZE = 16
"""Pixels."""


class MessageLine:
    """Shows the last message; a warning sign stands before what needs attention.

    Args:
        icon, text: the two labels.
    """

    def __init__(self, icon: Any, text: Any) -> None:
        self._icon, self._text = icon, text
        sign = slicer.app.style().standardIcon(qt.QStyle.SP_MessageBoxWarning)
        icon.setPixmap(sign.pixmap(ICON_SIZE, ICON_SIZE))
        # Messages come from the worker, too: they are text, whatever they hold.
        text.setTextFormat(qt.Qt.PlainText)
        self.clear()

    @property
    def text(self) -> str:
        return self._text.text

    def say(self, sentence: str) -> None:
        """Tell how it went."""
        self._show(sentence, warning=False)

    def warn(self, sentence: str) -> None:
        """Tell what needs attention."""
        self._show(sentence, warning=True)

    def retract(self, sentence: str) -> None:
        """``sentence`` does not hold anymore; another message stays."""
        if self.text == sentence:
            self.clear()

    def clear(self) -> None:
        self._show("", warning=False)

    def _show(self, sentence: str, warning: bool) -> None:
        self._text.setText(sentence)
        self._icon.setVisible(warning and bool(sentence))
