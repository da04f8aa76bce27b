"""One button per task. While a task runs, its button stops it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _

from OrthoAILib.Panels.Form import Form
from OrthoAILib.Run.RunState import RunState
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from orthoai.tasks import Task

FIRST_TASK = "femur"
"""Stands above the others, which follow by name."""

BUTTON_HEIGHT = 32
"""Pixels: what is clicked most is easy to hit."""


def inPanelOrder(tasks: Sequence[Task]) -> list[Task]:
    """The tasks as the panel lists them."""
    return sorted(tasks, key=lambda task: (task.name != FIRST_TASK, task.name))


class TaskPanel:
    """The task buttons, the progress bar, and the name of the stage.

    Args:
        tasks: the registry.
        runKeys, cancelKeys: keyboard shortcuts, shown in the tooltips; the first runs the first task.

    Signals:
        runRequested(Task), cancelRequested().
    """

    def __init__(self, tasks: Sequence[Task], runKeys: str = "", cancelKeys: str = "") -> None:
        self.runRequested, self.cancelRequested = Signal(), Signal()
        self._tasks = inPanelOrder(tasks)
        self._runKeys, self._cancelKeys = runKeys, cancelKeys
        self._state, self._running = RunState.IDLE, ""
        self._problems: dict[str, str] = {}
        form = Form("TaskPanel")
        self.widget, self._ui = form.widget, form.ui
        self._buttons = {task.name: self._addButton(task) for task in self._tasks}
        self._update()

    @property
    def firstTask(self) -> Task | None:
        return self._tasks[0] if self._tasks else None

    @property
    def last(self) -> Any:
        """The widget that the Tab key reaches last."""
        return self._buttons[self._tasks[-1].name] if self._tasks else self.widget

    def button(self, taskName: str) -> Any:
        """The button of a task. KeyError when there is none."""
        return self._buttons[taskName]

    def setProblems(self, problems: dict[str, str]) -> None:
        """Per task name one sentence why it cannot run; empty where it can."""
        self._problems = dict(problems)
        self._update()

    def setState(self, state: RunState, task: Task | None) -> None:
        """Show what a run is doing; ``task`` is the one that runs."""
        self._state, self._running = state, task.name if task else ""
        if state is RunState.IDLE:
            self.setProgress("", 0.0, "")
        self._update()

    def setProgress(self, stage: str, fraction: float, message: str) -> None:
        """Show how far ``stage`` is (0..1)."""
        self._ui.runProgress.setValue(round(100 * fraction))
        self._ui.stageText.setText(f"{stage}: {message}" if message else stage)

    def _addButton(self, task: Task) -> Any:
        button = qt.QPushButton(task.title)
        button.setObjectName(f"taskButton_{task.name}")
        button.setMinimumHeight(BUTTON_HEIGHT)
        button.connect("clicked()", partial(self._onClicked, task))
        self._ui.taskButtonLayout.addWidget(button)
        return button

    def _onClicked(self, task: Task) -> None:
        if self._state is RunState.IDLE:
            self.runRequested.emit(task)
        elif task.name == self._running:
            self.cancelRequested.emit()

    def _update(self) -> None:
        busy = self._state is not RunState.IDLE
        for task in self._tasks:
            text, enabled, tip = self._look(task, busy)
            button = self._buttons[task.name]
            button.setText(text)
            button.setEnabled(enabled)
            button.setToolTip(tip)
        working = self._state in (RunState.PREPARING, RunState.RUNNING, RunState.CANCELING)
        self._ui.runProgress.setVisible(working)
        self._ui.stageText.setVisible(working)

    def _look(self, task: Task, busy: bool) -> tuple[str, bool, str]:
        """Text, enabled and tooltip of a button."""
        if not busy:
            problem = self._problems.get(task.name, "")
            keys = self._runKeys if task is self.firstTask else ""
            return task.title, not problem, problem or _withKeys(task.summary, keys)
        if task.name != self._running:
            return task.title, False, _("Another task is running.")
        if self._state is RunState.CANCELING:
            return _("Canceling..."), False, _("The run is being stopped.")
        tip = _withKeys(_("Stop {title}; the scene stays as it is.").format(title=task.title), self._cancelKeys)
        return _("Cancel"), True, tip


def _withKeys(tip: str, keys: str) -> str:
    return f"{tip} ({keys})" if keys else tip
