"""What a run needs from elsewhere. Tests hand in fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from OrthoAILib.Run.VolumeExport import WriteExchange

if TYPE_CHECKING:
    from orthoai.result import Result
    from orthoai.worker.events import Event
    from orthoai.worker.requests import WorkerRun

    from OrthoAILib.Bridge.Extent import Extent
    from OrthoAILib.Bridge.PreparedResult import PreparedResult
    from OrthoAILib.Bridge.ResultBridge import ResultBridge
    from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
    from OrthoAILib.Bridge.VolumeBridge import VolumeBridge

ReadOutcome: TypeAlias = "tuple[Result, PreparedResult]"

ReadResult = Callable[[Path, "Mapping[int, Extent]"], ReadOutcome]
"""Reads the worker's folder and crops its masks, or a stand-in: (folder, half-open extents (i0, i1, j0, j1, k0, k1) by
label value)."""


class Client(Protocol):
    """The part of orthoai.worker.client.WorkerClient that a run uses. Nothing in it blocks."""

    def start(self) -> None: ...

    def run(self, request: WorkerRun) -> str: ...

    def cancel(self) -> None: ...

    def poll(self) -> Sequence[Event]: ...

    def close(self) -> None: ...


class Timer(Protocol):
    """Calls back again and again in the GUI thread while it is started."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Collaborators:
    """The run controller's neighbors.

    Attributes:
        scene: vtkMRMLScene that is watched during a run.
        volumes, results, reviews: the MRML bridge.
        clientFactory: makes a worker client; called once, and again after a worker had to be given up.
        timerFactory: (callback, milliseconds) to a timer that is not started yet.
        writeExchange: orthoai.worker.exchange.write_exchange.
        readResult: reads what the worker wrote, and prepares it for ``results``. Both are called in threads.
        ensureDependencies: asks for and installs what the worker needs; a sentence where it cannot run, else "".
    """

    scene: Any
    volumes: VolumeBridge
    results: ResultBridge
    reviews: ReviewBridge
    clientFactory: Callable[[], Client]
    timerFactory: Callable[[Callable[[], None], int], Timer]
    writeExchange: WriteExchange
    readResult: ReadResult
    ensureDependencies: Callable[[], str] = lambda: ""
