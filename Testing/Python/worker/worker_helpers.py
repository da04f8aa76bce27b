"""Waiting for a worker, as a GUI's timer does, but with an end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from orthoai.worker.client import WorkerClient
from orthoai.worker.events import Crashed, Event, Failed, Finished
from orthoai.worker.requests import WorkerRun

LIMIT_S = 300.0
"""A test that waits longer has found a hang."""

LAST = (Finished, Failed, Crashed)


FAKE_WORKER = Path(__file__).with_name("fake_worker.py")


def fake_command(manner: str) -> list[str]:
    """The command of fake_worker.py, which starts at once and misbehaves on request."""
    return [sys.executable, "-I", "-S", str(FAKE_WORKER), manner]


def request(task: str, image: Path | str = "image.nrrd", output: Path | str = "out", **more: object) -> WorkerRun:
    return WorkerRun(task, Path(image), Path(output), **more)  # type: ignore[arg-type]


def events_until(client: WorkerClient, found: Callable[[Event], bool]) -> list[Event]:
    """Poll until an event is ``found``; returns all that came."""
    events: list[Event] = []
    limit = time.monotonic() + LIMIT_S
    while not any(found(event) for event in events):
        assert time.monotonic() < limit, f"nothing more came after {events[-3:]}; worker says: {client.details}"
        time.sleep(0.005)
        events += client.poll()
    return events


def outcome(client: WorkerClient, task: str | WorkerRun, *files: Path, **more: object) -> Event:
    """Run to the end; the one event that ends it."""
    job = client.run(task if isinstance(task, WorkerRun) else request(task, *files, **more))
    return ending(client, job)


def ending(client: WorkerClient, job: str | None) -> Event:
    """The one event that ends ``job``."""
    events = events_until(client, lambda event: isinstance(event, LAST) and event.id == job)
    (last,) = [event for event in events if isinstance(event, LAST) and event.id == job]
    return last


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for ``condition``."""
    limit = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < limit, f"{what} did not come about"
        time.sleep(0.005)


def is_gone(pid: int) -> bool:
    """Whether no process has this number, not even a dead one that nobody has collected."""
    return not Path(f"/proc/{pid}").exists()


def is_zombie(pid: int) -> bool:
    """Whether it is dead and waits for its new parent, which in a container may never come."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
