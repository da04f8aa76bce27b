"""A cancel at any moment ends a run once."""

from __future__ import annotations

from orthoai.worker.events import Crashed, Failed, FailureKind, Finished, Progressed
from OrthoAILib.Run.RunController import CANCEL_LIMIT_S, CANCELED
from OrthoAILib.Run.RunState import RunState
from panel_run_bench import OUT, join


def test_a_cancel_while_the_result_is_read_needs_no_answer_of_the_worker(controlled):
    controlled.exchange.readGate.clear()
    controlled.start()
    controlled.tick(Finished("run-1", OUT))
    controlled.controller.cancel()
    assert controlled.ending.endings == ["canceled"] and controlled.client.cancels == 0
    controlled.exchange.readGate.set()
    controlled.waitForReading()
    assert not controlled.results.shown and controlled.ending.endings == ["canceled"]


def test_cancel_during_the_export_ends_at_once_and_leaves_no_file(controlled):
    controlled.controller.run("femur", controlled.volume)
    controlled.controller.cancel()
    assert controlled.ending.of("canceled") == [[CANCELED]] and controlled.controller.state is RunState.IDLE
    controlled.exchange.gate.set()
    controlled.start()
    join("OrthoAI volume export")
    assert [path.name for path in controlled.folder.iterdir()] == [controlled.client.requests[0].input.name]


def test_cancel_waits_for_the_worker_and_tells_once(controlled):
    controlled.start()
    controlled.controller.cancel()
    controlled.controller.cancel()
    assert controlled.client.cancels == 1 and controlled.controller.state is RunState.CANCELING
    controlled.tick(Progressed("run-1", "segment", 0.9, ""))
    assert ["segment", 0.9, ""] not in controlled.ending.of("progressed")
    controlled.tick(Failed("run-1", FailureKind.CANCELED, "Canceled."))
    assert controlled.ending.endings == ["canceled"]


def test_a_result_that_comes_after_the_cancel_is_not_shown(controlled):
    controlled.start()
    controlled.controller.cancel()
    controlled.tick(Finished("run-1", OUT))
    assert controlled.results.shown == [] and controlled.ending.endings == ["canceled"]


def test_a_crash_after_the_cancel_is_a_cancel(controlled):
    controlled.start()
    controlled.controller.cancel()
    controlled.tick(Crashed("run-1", "It crashed."))
    assert controlled.ending.endings == ["canceled"]


def test_a_worker_that_does_not_answer_a_cancel_is_given_up(controlled):
    controlled.start()
    controlled.controller.cancel()
    controlled.now[0] = CANCEL_LIMIT_S
    controlled.tick()
    assert controlled.controller.state is RunState.CANCELING
    controlled.now[0] = CANCEL_LIMIT_S + 0.01
    silent = controlled.client
    controlled.tick()
    assert silent.closed and controlled.ending.endings == ["canceled"]
    controlled.start()
    assert controlled.client is not silent


def test_cancel_without_a_run_says_nothing(controlled):
    controlled.controller.cancel()
    assert controlled.ending.said == []
