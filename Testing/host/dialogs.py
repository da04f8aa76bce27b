"""Modal dialogs answered by the test in advance. One that is not answered fails the test instead of hanging it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6 import QtCore, QtWidgets

from .problems import UnansweredDialogError, problems
from .pythonqt.facade import addMixin

Answer = Any  # What the call returns, or a function of the dialog (None for a static call) that returns it.


@dataclass(frozen=True)
class AskedDialog:
    """A dialog that was opened: its class and call, title and text."""

    kind: str
    title: str
    text: str


class DialogAnswers:
    """The queue of answers and the record of what was asked."""

    def __init__(self) -> None:
        self._answers: deque[Answer] = deque()
        self.asked: list[AskedDialog] = []

    def queue(self, answer: Answer) -> None:
        self._answers.append(answer)

    def take(self, dialog: AskedDialog, widget: QtWidgets.QWidget | None = None) -> Any:
        self.asked.append(dialog)
        if not self._answers:
            message = (
                f"a modal dialog was not answered in advance: {dialog.kind} '{dialog.title}' {dialog.text}".strip()
            )
            problems.add(message)
            raise UnansweredDialogError(message)
        answer = self._answers.popleft()
        return answer(widget) if isinstance(answer, Callable) and not isinstance(answer, type) else answer

    def reset(self) -> int:
        """Forgets everything; returns how many answers were left over."""
        left = len(self._answers)
        self._answers.clear()
        self.asked.clear()
        return left


answers = DialogAnswers()


class _AnsweredDialog:
    """``exec`` of every dialog asks the queue, with the dialog shown meanwhile as the user would see it."""

    def exec_(self) -> Any:
        text = str(QtCore.QObject.property(self, "text") or "")  # type: ignore[call-overload]
        title = QtWidgets.QWidget.windowTitle(self)  # type: ignore[arg-type]
        QtWidgets.QWidget.show(self)  # type: ignore[arg-type]
        try:
            answer = answers.take(AskedDialog(type(self).__name__, title, text), self)  # type: ignore[arg-type]
        finally:
            QtWidgets.QWidget.hide(self)  # type: ignore[arg-type]
        if isinstance(answer, bool):
            answer = int(answer)
        QtWidgets.QDialog.setResult(self, int(answer))  # type: ignore[arg-type]
        return answer

    exec = exec_


class _AnsweredMenu:
    def exec_(self, *_position: Any) -> Any:
        return answers.take(AskedDialog(type(self).__name__, "", ""), self)  # type: ignore[arg-type]

    exec = exec_


def _staticCalls(className: str, names: tuple[str, ...]) -> type:
    """A class with the blocking static functions of a Qt dialog class, each asking the queue."""

    def make(name: str) -> staticmethod:
        def call(parent: Any = None, title: str = "", text: str = "", *_rest: Any, **_named: Any) -> Any:
            return answers.take(AskedDialog(f"{className}.{name}", str(title), str(text)))

        return staticmethod(call)

    return type(f"Answered{className}Calls", (), {name: make(name) for name in names})


def install() -> None:
    addMixin("QDialog", _AnsweredDialog)
    addMixin("QMenu", _AnsweredMenu)
    addMixin("QMessageBox", _staticCalls("QMessageBox", ("question", "information", "warning", "critical", "about")))
    addMixin(
        "QFileDialog",
        _staticCalls("QFileDialog", ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory")),
    )
    addMixin("QInputDialog", _staticCalls("QInputDialog", ("getText", "getItem", "getInt", "getDouble")))
