"""Stand-ins for everything around the run controller: worker client, timer, bridge, files."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from orthoai.geometry import Geometry
from orthoai.worker.events import Event
from orthoai.worker.requests import WorkerRun

GRID = Geometry(shape=(4, 3, 2))

MESSAGE = "Both femora were found."


class FakeClient:
    """Keeps what it is asked; the test puts the worker's answers into ``events``."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.requests: list[WorkerRun] = []
        self.started = self.cancels = 0
        self.closed = False

    def start(self) -> None:
        self.started += 1

    def run(self, request: WorkerRun) -> str:
        self.requests.append(request)
        return f"run-{len(self.requests)}"

    def cancel(self) -> None:
        self.cancels += 1

    def poll(self) -> list[Event]:
        events, self.events = self.events, []
        return events

    def close(self) -> None:
        self.closed = True


class FakeTimer:
    """Ticks when the test says so, and only while it is started."""

    def __init__(self, callback: Callable[[], None], milliseconds: int) -> None:
        self.callback, self.isActive = callback, False

    def start(self) -> None:
        self.isActive = True

    def stop(self) -> None:
        self.isActive = False

    def tick(self) -> None:
        if self.isActive:
            self.callback()


class FakeVolumes:
    """A bridge for volumes that have nothing but a grid."""

    def __init__(self) -> None:
        self.grid, self.trouble = GRID, ""

    def problem(self, volumeNode: Any, task: Any) -> str:
        return self.trouble or ("" if volumeNode is not None else "Choose a CT volume first.")

    def geometry(self, volumeNode: Any) -> Geometry:
        return self.grid

    def voxels(self, volumeNode: Any) -> np.ndarray:
        return np.zeros(self.grid.shape, np.int16)

    def modality(self, volumeNode: Any) -> str:
        return "CT"

    def uids(self, volumeNode: Any) -> dict[str, str]:
        return {"study": "1.2.3"}


class FakeResults:
    """Remembers what was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple] = []
        self.digests: list[str] = []
        self.error: Exception | None = None

    def show(self, result: Any, volumeNode: Any, prepared: Any, imageDigest: str) -> SimpleNamespace:
        if self.error:
            raise self.error
        self.digests.append(imageDigest)
        self.shown.append((result, volumeNode, prepared))
        return SimpleNamespace(resultId=f"result-{len(self.shown)}")


class FakeReviews:
    """Gives the boxes that the test put in."""

    def __init__(self) -> None:
        self.given: tuple = ()

    def boxes(self, nodes: Any, volumeNode: Any) -> tuple:
        return self.given


@dataclass
class FakeExchange:
    """Files of the exchange. ``gate`` closed holds the writing thread back, as a big volume would, and ``readGate``
    the reading one."""

    written: list[Path] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    readGate: threading.Event = field(default_factory=threading.Event)
    writeError: Exception | None = None
    readError: Exception | None = None

    def __post_init__(self) -> None:
        self.readGate.set()

    def write(self, voxels: Any, geometry: Geometry, path: Path, progress: Any) -> None:
        while not self.gate.wait(0.001):
            progress.check()
        if self.writeError:
            raise self.writeError
        path.write_bytes(b"voxels")
        self.written.append(path)

    def read(self, folder: Path, extents: Any) -> tuple[SimpleNamespace, Any]:
        self.readGate.wait()
        if self.readError:
            raise self.readError
        return SimpleNamespace(message=MESSAGE, folder=folder), extents


class Ending:
    """Collects what the controller says."""

    def __init__(self, controller: Any) -> None:
        self.said: list[tuple] = []
        for name in ("stateChanged", "progressed", "finished", "failed", "canceled"):
            getattr(controller, name).connect(lambda *arguments, name=name: self.said.append((name, *arguments)))

    def of(self, name: str) -> list[tuple]:
        return [arguments for said, *arguments in self.said if said == name]

    @property
    def endings(self) -> list[str]:
        return [said[0] for said in self.said if said[0] in ("finished", "failed", "canceled")]
