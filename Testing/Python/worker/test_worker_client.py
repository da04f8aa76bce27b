"""The client of a worker that keeps, or breaks, the protocol: it never waits, and every job has exactly one end."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.tasks import RunOptions
from orthoai.worker.client import WorkerClient
from orthoai.worker.events import Crashed, Failed, FailureKind, Finished, Progressed, Ready
from orthoai.worker.mailbox import TAIL_BYTES
from orthoai.worker.requests import WorkerExport
from orthoai.worker.state import WorkerState
from worker_helpers import LAST, ending, events_until, fake_command, is_gone, is_zombie, outcome, request, until

needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes under /proc")

MakeClient = Callable[..., WorkerClient]
GOOD = Finished("run-1", Path("out"), {1: (0, 1, 2, 3, 4, 5)})


def is_ready(event: object) -> bool:
    return isinstance(event, Ready)


def is_sentence(text: str) -> bool:
    """One or two sentences for a person: no traceback, no placeholder, an advice at the end."""
    return text.endswith(".") and "\n" not in text and len(text) < 300 and "Traceback" not in text


# The good case


def test_a_run_tells_ready_then_progress_then_finished(fake: MakeClient) -> None:
    client = fake()
    job = client.run(request("quick"))
    events = events_until(client, lambda event: isinstance(event, Finished))
    assert events == [Ready("0", ("quick",)), Progressed(job, "a", 0.5, ""), GOOD]


def test_the_state_follows_the_worker(fake: MakeClient) -> None:
    client = fake()
    assert (client.state, client.pid) == (WorkerState.STOPPED, None)
    client.start()
    assert client.state is WorkerState.STARTING
    events_until(client, is_ready)
    assert client.state is WorkerState.IDLE and isinstance(client.pid, int)
    client.run(request("wait"))
    assert client.state is WorkerState.BUSY
    client.cancel()
    assert client.state is WorkerState.CANCELING
    events_until(client, lambda event: isinstance(event, Failed))
    assert client.state is WorkerState.IDLE
    client.close()
    assert (client.state, client.pid) == (WorkerState.STOPPED, None)


def test_one_process_serves_all_runs(fake: MakeClient) -> None:
    client = fake()
    pids = set()
    for number in range(1, 4):
        assert outcome(client, "quick").id == f"run-{number}"
        pids.add(client.pid)
    assert len(pids) == 1


def test_a_request_reaches_the_worker_whole(fake: MakeClient) -> None:
    box = Box.from_index("femur_left", 0.5, (1.5, 2.5, 3.5), (4.5, 5.5, 6.5), Geometry((9, 9, 9)))
    options = RunOptions("cpu", "other", 0.3, (box,))
    sent = request("echo", "in.nrrd", "o", options=options, modality="CT", uids={"study": "1.2"}, nifti=True)
    answer = outcome(fake(), sent)
    assert isinstance(answer, Failed)
    message = json.loads(answer.message)
    assert type(sent).from_message(message) == sent
    assert message["options"]["nifti"] is True and message["hints"] == {"modality": "CT", "uids": {"study": "1.2"}}


def test_an_export_reaches_the_worker_whole(fake: MakeClient) -> None:
    client = fake()
    sent = WorkerExport(Path("set"), ("monai", "yolo-detect"), Path("o"))
    job = client.export(sent)
    assert job == "export-1"
    answer = ending(client, job)
    assert isinstance(answer, Failed) and WorkerExport.from_message(json.loads(answer.message)) == sent


def test_a_second_run_while_one_is_going_fails_and_leaves_the_first_alone(fake: MakeClient) -> None:
    client = fake()
    first, second = client.run(request("wait")), client.run(request("quick"))
    events = events_until(client, lambda event: isinstance(event, Progressed))
    failed = next(event for event in events if isinstance(event, Failed))
    assert (failed.id, failed.kind) == (second, FailureKind.INPUT) and is_sentence(failed.message)
    client.cancel()
    assert ending(client, first) == Failed(first, FailureKind.CANCELED, "Canceled.")


def test_more_boxes_than_a_line_holds_are_refused_without_a_worker(fake: MakeClient) -> None:
    client = fake()
    box = Box.from_index("femur_left", 0.5, (0, 0, 0), (1, 1, 1), Geometry((9, 9, 9)))
    failed = outcome(client, request("quick", options=RunOptions(boxes=(box,) * 10_000)))
    assert isinstance(failed, Failed) and failed.kind is FailureKind.INPUT
    assert outcome(client, "quick").id == "run-2"


# Noise


@pytest.mark.parametrize("task", ["giant", "noise", "flood"])
def test_nothing_that_a_library_prints_hides_the_result(fake: MakeClient, task: str) -> None:
    assert outcome(fake(), task) == GOOD


def test_a_launcher_that_greets_first_is_not_in_the_way(fake: MakeClient) -> None:
    assert outcome(fake("talkative"), "quick") == GOOD


def test_a_flood_that_nobody_polls_neither_blocks_the_worker_nor_fills_the_memory(fake: MakeClient) -> None:
    client = fake()
    client.start()
    events_until(client, is_ready)
    job = client.run(request("flood"))
    until(lambda: "last words" in client.details, "the end of the flood")
    events = events_until(client, lambda event: isinstance(event, Finished) and event.id == job)
    assert len(events) <= 1001
    assert len(client.details) == TAIL_BYTES


def test_an_answer_without_its_parts_ends_the_run_with_a_sentence(fake: MakeClient) -> None:
    client = fake()
    crashed = outcome(client, "nonsense")
    assert isinstance(crashed, Crashed) and is_sentence(crashed.message)
    assert isinstance(outcome(client, "quick"), Finished)


# Cancel


def test_a_cancel_that_is_answered_keeps_the_worker(fake: MakeClient) -> None:
    client = fake()
    job = client.run(request("wait"))
    events_until(client, lambda event: isinstance(event, Progressed))
    pid = client.pid
    client.cancel()
    client.cancel()
    assert ending(client, job) == Failed(job, FailureKind.CANCELED, "Canceled.")
    assert isinstance(outcome(client, "quick"), Finished)
    assert client.pid == pid


@needs_proc
def test_a_cancel_that_is_not_answered_costs_the_process_and_not_the_client(fake: MakeClient) -> None:
    client = fake(cancel=0.05)
    client.start()
    events_until(client, is_ready)
    pid = client.pid
    assert pid is not None
    job = client.run(request("deaf"))
    client.cancel()
    failed = ending(client, job)
    assert isinstance(failed, Failed) and failed.kind is FailureKind.CANCELED
    until(lambda: is_gone(pid), "the end of the process")
    assert isinstance(outcome(client, "quick"), Finished)


def test_a_stopped_process_can_be_canceled(fake: MakeClient) -> None:
    client = fake(cancel=0.05)
    job = client.run(request("wait"))
    events_until(client, lambda event: isinstance(event, Progressed))
    assert client.pid is not None
    os.kill(client.pid, signal.SIGSTOP)
    client.cancel()
    failed = ending(client, job)
    assert isinstance(failed, Failed) and failed.kind is FailureKind.CANCELED


def test_a_cancel_before_the_worker_has_started_ends_the_run_and_not_the_start(fake: MakeClient) -> None:
    client = fake()
    job = client.run(request("quick"))
    client.cancel()
    failed = ending(client, job)
    assert isinstance(failed, Failed) and failed.kind is FailureKind.CANCELED
    assert isinstance(outcome(client, "quick"), Finished)


def test_a_run_that_finishes_in_spite_of_a_cancel_is_canceled_and_its_output_removed(
    fake: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    Path("out/result.json").write_text("{}")
    client = fake()
    client.start()
    events_until(client, is_ready)
    job = client.run(request("late"))
    client.cancel()
    failed = ending(client, job)
    assert isinstance(failed, Failed) and failed.kind is FailureKind.CANCELED
    until(lambda: not Path("out").exists(), "the removal of the output")


def test_a_cancel_of_nothing_is_harmless(fake: MakeClient) -> None:
    client = fake()
    client.cancel()
    assert isinstance(outcome(client, "quick"), Finished)
    client.cancel()
    assert isinstance(outcome(client, "quick"), Finished)


# Death


@pytest.mark.parametrize("task", ["die", "half"])
def test_a_death_during_a_run_is_told_once_and_the_next_run_works(fake: MakeClient, task: str) -> None:
    client = fake()
    crashed = outcome(client, task)
    assert isinstance(crashed, Crashed) and is_sentence(crashed.message) and "code 3" in crashed.message
    assert client.state is WorkerState.STOPPED
    assert isinstance(outcome(client, "quick"), Finished)


def test_an_answer_sent_before_death_still_counts(fake: MakeClient) -> None:
    client = fake()
    client.run(request("last"))
    events = events_until(client, lambda event: isinstance(event, Crashed))
    assert next(event for event in events if isinstance(event, LAST)) == GOOD
    assert isinstance(events[-1], Crashed) and events[-1].id is None


def test_a_death_between_runs_that_nobody_polled_costs_the_next_run_nothing(fake: MakeClient) -> None:
    client = fake()
    outcome(client, "quick")
    assert client.pid is not None
    os.kill(client.pid, signal.SIGKILL)
    until(lambda: client.pid is None, "the end of the process")
    assert isinstance(outcome(client, "quick"), Finished)


@needs_proc
def test_what_a_dead_worker_started_dies_with_it(fake: MakeClient) -> None:
    client = fake()
    job = client.run(request("orphan"))
    events = events_until(client, lambda event: isinstance(event, Crashed) and event.id == job)
    child = next(int(event.message) for event in events if isinstance(event, Progressed))
    until(lambda: is_gone(child) or is_zombie(child), "the end of the worker's child")


def test_a_worker_that_cannot_be_started_says_so(open_client: MakeClient, tmp_path: Path) -> None:
    client = open_client([str(tmp_path / "no-such-python")])
    crashed = outcome(client, "quick")
    assert isinstance(crashed, Crashed) and "could not be started" in crashed.message and is_sentence(crashed.message)


def test_a_worker_that_dies_before_hello_points_at_the_packages(fake: MakeClient) -> None:
    client = fake("stillborn")
    crashed = outcome(client, "quick")
    assert isinstance(crashed, Crashed) and "install" in crashed.message and is_sentence(crashed.message)
    assert "no module named nothing" in client.details and "nothing" not in crashed.message.split(":")[0]


@needs_proc
def test_a_worker_that_never_says_hello_is_given_up(fake: MakeClient) -> None:
    client = fake("mute", start=0.3)
    job = client.run(request("quick"))
    until(lambda: client.pid is not None, "the process")
    pid = client.pid
    assert pid is not None
    crashed = ending(client, job)
    assert isinstance(crashed, Crashed) and "did not start" in crashed.message and is_sentence(crashed.message)
    until(lambda: is_gone(pid), "the end of the process")


def test_a_worker_of_another_version_is_refused(fake: MakeClient) -> None:
    crashed = outcome(fake("foreign"), "quick")
    assert isinstance(crashed, Crashed) and "another version" in crashed.message and is_sentence(crashed.message)


def test_a_kill_by_the_system_points_at_memory(fake: MakeClient) -> None:
    client = fake()
    job = client.run(request("wait"))
    events_until(client, lambda event: isinstance(event, Progressed))
    assert client.pid is not None
    os.kill(client.pid, signal.SIGKILL)
    crashed = ending(client, job)
    assert isinstance(crashed, Crashed) and "memory" in crashed.message and is_sentence(crashed.message)


@pytest.mark.parametrize("signum", [signal.SIGKILL, None])
def test_a_worker_that_reads_nothing_blocks_nobody(fake: MakeClient, signum: int | None) -> None:
    """Its pipe holds 64 KiB; the requests are longer."""
    client = fake("sleeper", cancel=0.05)
    client.start()
    events_until(client, is_ready)
    box = Box.from_index("femur_left", 0.5, (0, 0, 0), (1, 1, 1), Geometry((9, 9, 9)))
    job = client.run(request("quick", options=RunOptions(boxes=(box,) * 3000)))
    if signum is None:
        client.cancel()
    else:
        assert client.pid is not None
        os.kill(client.pid, signum)
    assert isinstance(ending(client, job), Failed if signum is None else Crashed)


# The end of the client


@needs_proc
@pytest.mark.parametrize("manner", ["polite", "stubborn", "mute"])
def test_close_leaves_no_process(fake: MakeClient, manner: str) -> None:
    client = fake(manner, leave=0.1)
    client.start()
    until(lambda: client.pid is not None, "the process")
    pid = client.pid
    assert pid is not None
    client.close()
    assert client.state is WorkerState.STOPPED
    until(lambda: is_gone(pid), "the end of the process")
    client.close()


@needs_proc
def test_a_client_that_is_dropped_during_a_run_leaves_no_process() -> None:
    client = WorkerClient(fake_command("polite"))
    client.run(request("wait"))
    events_until(client, lambda event: isinstance(event, Progressed))
    pid = client.pid
    assert pid is not None
    del client
    gc.collect()
    until(lambda: is_gone(pid), "the end of the process")


@needs_proc
def test_a_program_that_ends_without_close_leaves_no_process() -> None:
    code = (
        "import sys, time\nfrom orthoai.worker.client import WorkerClient\n"
        f"client = WorkerClient({fake_command('stubborn')!r}); client.start()\n"
        "while client.pid is None: time.sleep(0.01)\n"
        "print(client.pid)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pid = int(done.stdout)
    until(lambda: is_gone(pid) or is_zombie(pid), "the end of the process")


def test_a_closed_client_runs_again(fake: MakeClient) -> None:
    client = fake()
    client.run(request("wait"))
    client.close()
    assert client.poll() == []
    assert isinstance(outcome(client, "quick"), Finished)
