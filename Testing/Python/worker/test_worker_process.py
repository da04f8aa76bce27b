"""The real worker process with fake tasks: what it answers, what it survives, and what it leaves behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai import __version__
from orthoai.box import Box
from orthoai.io.read import read_volume
from orthoai.tasks import RunOptions
from orthoai.worker.client import WorkerClient
from orthoai.worker.events import Crashed, Failed, FailureKind, Finished, Progressed
from orthoai.worker.exchange import read_result
from orthoai.worker.launch import GROUP_VARIABLE, worker_command, worker_environment
from orthoai.worker.protocol import MAX_LINE, PROTOCOL, Message, decode, encode
from orthoai.worker.state import WorkerState
from worker_helpers import ending, events_until, is_gone, is_zombie, outcome, request, until

needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes under /proc")

MakeClient = Callable[..., WorkerClient]


def running(event: object) -> bool:
    return isinstance(event, Progressed) and event.stage != "read"


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# Results


def test_a_run_writes_a_result_that_reads_back(real: MakeClient, image: Path, tmp_path: Path) -> None:
    box = Box.from_index("thing", 0.5, (0.5, 1.5, 2.5), (1.5, 2.5, 3.5), read_volume(image).geometry)
    asked = request(
        "quick", image, tmp_path / "out", options=RunOptions("cpu", confidence=0.25, boxes=(box,)), modality="CT"
    )
    finished = outcome(real(), replace(asked, uids={"study": "1.2.3"}))
    assert finished == Finished("run-1", tmp_path / "out", {1: (1, 2, 2, 3, 3, 4)})
    result = read_result(finished.folder)
    assert np.argwhere(result.segmentation).tolist() == [[3, 2, 1]] and not result.segmentation.flags.writeable
    assert result.message == "modality CT, device cpu, confidence 0.25"
    assert result.boxes == (box,) and result.source.uids == {"study": "1.2.3"}
    assert len(result.source.sha256) == 64 and {"read", "write"} <= result.timings_s.keys()
    assert names_in(tmp_path) == {"image.nrrd", "out"}
    assert names_in(finished.folder) == {"result.json", "segmentation.npy"}


def test_a_nifti_mask_is_written_when_asked_for(real: MakeClient, image: Path, tmp_path: Path) -> None:
    outcome(real(), request("quick", image, tmp_path / "out", nifti=True))
    mask = read_volume(tmp_path / "out" / "segmentation.nii.gz")
    assert np.array_equal(mask.voxels, read_result(tmp_path / "out").segmentation)
    assert mask.geometry.matches(read_volume(image).geometry)


def test_a_second_run_replaces_the_first_ones_folder(real: MakeClient, image: Path, tmp_path: Path) -> None:
    client = real()
    for device in ("cpu", "auto"):
        outcome(client, request("quick", image, tmp_path / "out", options=RunOptions(device)))
    assert "device auto" in read_result(tmp_path / "out").message


def test_what_a_task_prints_reaches_the_details_and_not_the_protocol(
    real: MakeClient, image: Path, tmp_path: Path
) -> None:
    client = real()
    assert isinstance(outcome(client, request("noisy", image, tmp_path / "out")), Finished)
    until(lambda: "a library that talks" in client.details, "what Python printed")
    assert "half a line of C" in client.details and "a child that talks" in client.details
    assert isinstance(outcome(client, request("quick", image, tmp_path / "out")), Finished)


# Failures


@pytest.mark.parametrize(
    ("task", "kind", "words"),
    [
        ("unsuitable", FailureKind.INPUT, "The image shows a cat; choose another."),
        ("broken", FailureKind.INTERNAL, "ValueError"),
        ("hungry", FailureKind.INTERNAL, "memory"),
        ("incomplete", FailureKind.INTERNAL, "a_package_that_is_not_there"),
        ("no such task", FailureKind.INPUT, "no task"),
    ],
)
def test_a_failure_is_one_sentence_without_patient_data_and_the_worker_goes_on(
    real: MakeClient, image: Path, tmp_path: Path, task: str, kind: FailureKind, words: str
) -> None:
    client = real()
    failed = outcome(client, request(task, image, tmp_path / "out"))
    assert isinstance(failed, Failed) and failed.kind is kind
    assert words in failed.message and "\n" not in failed.message
    pid = client.pid
    assert isinstance(outcome(client, request("quick", image, tmp_path / "out")), Finished)
    assert client.pid == pid
    assert "Jane Doe" not in client.details + failed.message


def test_the_details_name_the_place_of_an_unexpected_error(real: MakeClient, image: Path, tmp_path: Path) -> None:
    client = real()
    outcome(client, request("broken", image, tmp_path / "out"))
    until(lambda: "ValueError" in client.details, "the traceback")
    assert "fake_broken.py" in client.details


def test_an_image_that_does_not_exist_is_the_persons_to_mend(real: MakeClient, tmp_path: Path) -> None:
    failed = outcome(real(), request("quick", tmp_path / "none.nrrd", tmp_path / "out"))
    assert isinstance(failed, Failed) and failed.kind is FailureKind.INPUT and "does not exist" in failed.message


# Cancel


def test_a_cancel_leaves_the_worker_warm_and_no_output(real: MakeClient, image: Path, tmp_path: Path) -> None:
    client = real()
    job = client.run(request("patient", image, tmp_path / "out"))
    events_until(client, running)
    pid = client.pid
    client.cancel()
    failed = ending(client, job)
    assert isinstance(failed, Failed) and failed.kind is FailureKind.CANCELED
    assert names_in(tmp_path) == {"image.nrrd"}
    assert isinstance(outcome(client, request("quick", image, tmp_path / "out")), Finished)
    assert client.pid == pid


@pytest.mark.parametrize("task", ["stuck", "deaf"])
def test_a_run_that_cannot_stop_by_itself_is_killed(real: MakeClient, image: Path, tmp_path: Path, task: str) -> None:
    client = real(cancel=0.2)
    job = client.run(request(task, image, tmp_path / "out"))
    events_until(client, running)
    client.cancel()
    failed = ending(client, job)
    assert isinstance(failed, Failed) and failed.kind is FailureKind.CANCELED
    assert isinstance(outcome(client, request("quick", image, tmp_path / "out")), Finished)


@needs_proc
def test_a_killed_run_takes_its_children_and_its_beginnings_with_it(
    real: MakeClient, image: Path, tmp_path: Path
) -> None:
    client = real()
    job = client.run(request("family", image, tmp_path / "out"))
    events = events_until(client, lambda event: isinstance(event, Progressed) and event.stage == "child")
    child = int(events[-1].message)
    begun = tmp_path / ".0123456789ab.partial-out"
    begun.mkdir()
    assert client.pid is not None
    os.kill(client.pid, signal.SIGKILL)
    assert isinstance(ending(client, job), Crashed)
    until(lambda: is_gone(child) or is_zombie(child), "the end of the child")
    until(lambda: not begun.exists(), "the removal of what was begun")


# Death


def test_twenty_kills_at_random_moments_leave_a_working_client(real: MakeClient, image: Path, tmp_path: Path) -> None:
    client, chance = real(), random.Random(20)
    sentences, moments = set(), set()
    for number in range(20):
        job = client.run(request("patient", image, tmp_path / "out"))
        until(lambda: client.pid is not None, "the process")
        # By turns while it starts and while it runs.
        events = events_until(client, running) if number % 2 else []
        wait = time.monotonic() + chance.uniform(0.0, 0.3 if number % 2 else 0.1)
        while time.monotonic() < wait:
            events += client.poll()
            time.sleep(0.01)
        moments.add(client.state)
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        events += events_until(client, lambda event: isinstance(event, Crashed))
        last = [event for event in events if isinstance(event, Crashed | Failed | Finished)]
        assert [(type(event), event.id) for event in last] == [(Crashed, job)]
        sentences.add(last[0].message)
    assert moments >= {WorkerState.STARTING, WorkerState.BUSY}
    assert len(sentences) == 1 and "Run it again" in sentences.pop()
    assert isinstance(outcome(client, request("quick", image, tmp_path / "out")), Finished)


# The process by itself


def start_bare(fake_tasks: Path, **variables: str) -> subprocess.Popen[bytes]:
    """A worker whose pipes the test holds, in a process group of its own."""
    environment = {**worker_environment(), GROUP_VARIABLE: "1", **variables}
    environment["PYTHONPATH"] += os.pathsep + str(fake_tasks)
    pipe = subprocess.PIPE
    return subprocess.Popen(worker_command(), stdin=pipe, stdout=pipe, env=environment, start_new_session=True)


def tell(process: subprocess.Popen[bytes], *messages: Message | bytes) -> None:
    assert process.stdin is not None
    for message in messages:
        process.stdin.write(message if isinstance(message, bytes) else encode(message))
    process.stdin.flush()


def hear(process: subprocess.Popen[bytes]) -> Message:
    """The next message."""
    assert process.stdout is not None
    while (message := decode(process.stdout.readline())) is None:
        pass
    return message


def test_the_protocol_is_as_documented(fake_tasks: Path, image: Path, tmp_path: Path) -> None:
    run = {"type": "run", "id": "7", "task": "quick", "input": str(image), "output": str(tmp_path / "out")}
    with start_bare(fake_tasks) as process:
        tell(process, {"type": "hello", "protocol": PROTOCOL})
        hello = hear(process)
        assert {"femur", "quick"} <= set(hello.pop("tasks"))
        assert hello == {"type": "hello", "protocol": PROTOCOL, "version": __version__, "pid": process.pid}
        tell(process, b"garbage\n", b"[1]\n", {"type": "unheard of"}, b"x" * (MAX_LINE + 5) + b"\n")
        tell(process, {"type": "cancel", "id": "nobody"}, {"type": "run", "id": "6", "input": 3})
        assert hear(process) == {"type": "error", "id": "6", "kind": "input", "message": unreadable()}
        tell(process, run)
        messages = [hear(process)]
        while messages[-1]["type"] == "progress":
            messages.append(hear(process))
        assert {message["id"] for message in messages} == {"7"}
        assert messages[-1] == {
            "type": "result",
            "id": "7",
            "folder": str(tmp_path / "out"),
            "extents": {"1": [1, 2, 2, 3, 3, 4]},
        }
        tell(process, {"type": "bye"})
        assert hear(process) == {"type": "bye"}
        assert process.wait(60) == 0


def unreadable() -> str:
    return 'The worker could not read a "run" request: restart the program that sent it.'


def test_a_second_run_is_refused_and_a_cancel_of_the_first_is_heard(
    fake_tasks: Path, image: Path, tmp_path: Path
) -> None:
    run = {"type": "run", "id": "1", "task": "patient", "input": str(image), "output": str(tmp_path / "out")}
    with start_bare(fake_tasks) as process:
        tell(process, run, {**run, "id": "2"}, {"type": "cancel", "id": "2"})
        while (message := hear(process))["id"] != "2":
            assert message["type"] == "progress"
        assert (message["type"], message["kind"]) == ("error", "input")
        tell(process, {"type": "cancel", "id": "1"})
        while (message := hear(process))["type"] == "progress":
            pass
        assert (message["id"], message["kind"]) == ("1", "canceled")
        tell(process, {"type": "bye"})
        process.wait(60)


@needs_proc
@pytest.mark.parametrize(("task", "stage"), [("family", "child"), ("deaf", "think")])
def test_a_worker_whose_client_is_gone_ends_with_its_children_and_leaves_no_output(
    fake_tasks: Path, image: Path, tmp_path: Path, task: str, stage: str
) -> None:
    run = {"type": "run", "id": "1", "task": task, "input": str(image), "output": str(tmp_path / "out")}
    with start_bare(fake_tasks) as process:
        tell(process, run)
        while (message := hear(process))["stage"] != stage:
            pass
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)
    if stage == "child":
        child = int(message["message"])
        until(lambda: is_gone(child) or is_zombie(child), "the end of the child")
    assert names_in(tmp_path) == {"image.nrrd"}
