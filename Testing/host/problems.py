"""Failures that Qt or VTK would swallow: exceptions in slots and observers, and dialogs that nobody answered."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType


class UnansweredDialogError(AssertionError):
    """A modal dialog opened that the test had not answered in advance."""


class Problems:
    """What went wrong outside the test's own call stack. A test fails when this list is not empty at its end."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def install(self) -> None:
        """Takes the exceptions that PySide6 and VTK hand to ``sys.excepthook`` from slots and observers."""
        sys.excepthook = self._onException

    def add(self, text: str) -> None:
        self._texts.append(text)

    def take(self) -> list[str]:
        """All problems since the last call."""
        texts, self._texts = self._texts, []
        return texts

    def _onException(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, UnansweredDialogError):
            return  # It was added when it was raised.
        try:
            self.add("".join(traceback.format_exception(kind, error, trace)))
        except RecursionError:  # The error itself was one, and there is no room left to tell where.
            self.add(repr(error))


problems = Problems()
