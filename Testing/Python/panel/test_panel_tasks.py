"""The Tasks part: one button per task, and what the buttons say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from orthoai.tasks import get_task


@pytest.fixture
def panel(host):
    from OrthoAILib.Panels.TaskPanel import TaskPanel

    femur = get_task("femur")
    tasks = [
        replace(femur, name=name, title=f"Do {name}", summary=f"Does {name}.") for name in ("disc", "femur", "arm")
    ]
    return TaskPanel(tasks, "Ctrl+1", "Ctrl+2")


def look(panel, name):
    button = panel.button(name)
    return button.text, button.enabled, button.toolTip


def test_femur_comes_first_and_the_others_by_name(panel):
    layout = panel._ui.taskButtonLayout
    assert [layout.itemAt(n).widget().text for n in range(layout.count())] == ["Do femur", "Do arm", "Do disc"]
    assert panel.firstTask.name == "femur"


def test_tooltips_tell_what_a_task_does_and_the_keys_of_the_first(panel):
    assert look(panel, "femur") == ("Do femur", True, "Does femur. (Ctrl+1)")
    assert look(panel, "disc") == ("Do disc", True, "Does disc.")


def test_a_task_that_cannot_run_says_why(panel):
    panel.setProblems({"femur": "", "disc": "This task needs MR."})
    assert look(panel, "disc") == ("Do disc", False, "This task needs MR.")
    assert panel.button("femur").enabled


def test_a_click_names_its_task(panel):
    clicked = []
    panel.runRequested.connect(lambda task: clicked.append(task.name))
    for name in ("disc", "femur"):
        panel.button(name).click()
    assert clicked == ["disc", "femur"]


def test_the_button_of_the_running_task_cancels_and_the_others_wait(panel):
    from OrthoAILib.Run.RunState import RunState

    canceled, run = [], []
    panel.cancelRequested.connect(lambda: canceled.append(1))
    panel.runRequested.connect(run.append)
    panel.setState(RunState.RUNNING, panel.firstTask)
    assert look(panel, "femur") == ("Cancel", True, "Stop Do femur; the scene stays as it is. (Ctrl+2)")
    assert look(panel, "disc") == ("Do disc", False, "Another task is running.")
    panel.button("femur").click()
    panel.button("disc").click()
    assert (canceled, run) == ([1], [])


@pytest.mark.parametrize(("state", "text"), [("CANCELING", "Canceling..."), ("INSTALLING", "Do femur")])
def test_nothing_can_be_clicked_while_a_run_is_being_stopped_or_packages_come(panel, state, text):
    from OrthoAILib.Run.RunState import RunState

    panel.setState(RunState[state], panel.firstTask if state == "CANCELING" else None)
    assert panel.button("femur").text == text
    assert not any(panel.button(name).enabled for name in ("femur", "disc", "arm"))


def test_progress_is_shown_while_a_task_runs_and_only_then(panel):
    from OrthoAILib.Run.RunState import RunState

    bar, stage = panel._ui.runProgress, panel._ui.stageText
    assert not bar.isVisibleTo(panel.widget)
    panel.setState(RunState.RUNNING, panel.firstTask)
    panel.setProgress("Segment left", 0.426, "patch 3 of 7")
    assert bar.isVisibleTo(panel.widget) and stage.isVisibleTo(panel.widget)
    assert (bar.value, stage.text) == (43, "Segment left: patch 3 of 7")
    panel.setState(RunState.IDLE, None)
    assert not bar.isVisibleTo(panel.widget) and (bar.value, stage.text) == (0, "")
