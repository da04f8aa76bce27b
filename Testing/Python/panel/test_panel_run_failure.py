"""Every failure of a run has its sentence, and the next run works."""

from __future__ import annotations

import pytest
from orthoai.errors import InputError
from orthoai.worker.events import Crashed, Failed, FailureKind, Finished, Progressed
from OrthoAILib.Run.RunState import RunState
from panel_run_bench import OUT


def test_a_result_that_cannot_be_read_is_told(controlled):
    controlled.exchange.readError = InputError("The result of the run cannot be read; run the task again.")
    controlled.start()
    controlled.tick(Finished("run-1", OUT))
    assert controlled.ending.of("failed") == [["The result of the run cannot be read; run the task again."]]


def test_a_crash_of_the_installation_leaves_a_working_panel(controlled):
    controlled.trouble[0] = RuntimeError("pip")
    assert not controlled.controller.run("femur", controlled.volume)
    ((sentence,),) = controlled.ending.of("failed")
    assert "could not be installed" in sentence
    controlled.trouble[0] = ""
    controlled.start()


def test_a_full_disk_ends_the_run_with_its_sentence(controlled):
    controlled.exchange.writeError = InputError("The disk is full.")
    assert controlled.controller.run("femur", controlled.volume)
    controlled.export()
    assert controlled.ending.of("failed") == [["The disk is full."]]
    assert controlled.client.requests == []


def test_an_unforeseen_error_of_the_export_thread_is_not_lost_and_tells_nothing_private(controlled):
    controlled.exchange.writeError = ValueError("Jane Doe")
    assert controlled.controller.run("femur", controlled.volume)
    controlled.export()
    ((sentence,),) = controlled.ending.of("failed")
    assert "ValueError" in sentence and "Jane" not in sentence
    controlled.exchange.writeError = None
    controlled.start()  # A failed export is not taken for a file.


def test_the_workers_failure_is_told_in_its_own_words(controlled):
    controlled.start()
    controlled.tick(Failed("run-1", FailureKind.INPUT, "No femur in this image."))
    assert controlled.ending.of("failed") == [["No femur in this image."]]
    assert controlled.controller.state is RunState.IDLE


@pytest.mark.parametrize("job", ["run-1", None])
def test_a_crash_ends_the_run_and_the_next_one_works(controlled, job):
    controlled.start()
    controlled.tick(Crashed(job, "The worker ended; press the button again."))
    assert controlled.ending.of("failed") == [["The worker ended; press the button again."]]
    controlled.start()
    controlled.tick(Finished("run-2", OUT))
    assert controlled.ending.endings == ["failed", "finished"]


def test_what_a_worker_said_about_an_earlier_run_concerns_nobody(controlled):
    controlled.start()
    controlled.tick(Finished("run-1", OUT))
    controlled.client.events = [Crashed(None, "It died while idle.")]
    controlled.start()
    controlled.tick(Failed("run-1", FailureKind.INTERNAL, "late"), Progressed("run-1", "late", 1.0, ""))
    assert controlled.controller.state is RunState.RUNNING
    assert controlled.ending.endings == ["finished"]


@pytest.mark.parametrize("when", ["preparing", "running"])
@pytest.mark.parametrize("what", ["volume", "scene"])
def test_a_run_that_loses_its_ground_is_stopped_and_says_why(controlled, what, when):
    controlled.controller.run("femur", controlled.volume)
    if when == "running":
        controlled.export()
    if what == "volume":
        controlled.scene.RemoveNode(controlled.volume)
    else:
        controlled.scene.Clear(0)
    if when == "running":
        assert controlled.client.cancels == 1
        controlled.tick(Failed("run-1", FailureKind.CANCELED, "Canceled."))
    ((sentence,),) = controlled.ending.of("canceled")
    assert {"volume": "removed", "scene": "closed"}[what] in sentence
    assert controlled.ending.endings == ["canceled"] and controlled.results.shown == []


@pytest.mark.parametrize("error", [InputError("The result is damaged."), KeyError("Jane Doe")])
def test_a_result_that_cannot_be_shown_is_told_without_private_words(controlled, error, caplog):
    controlled.results.error = error
    controlled.start()
    controlled.tick(Finished("run-1", OUT))
    ((sentence,),) = controlled.ending.of("failed")
    assert "Jane" not in sentence and "Jane" not in caplog.text
    assert sentence == "The result is damaged." or "KeyError" in sentence
