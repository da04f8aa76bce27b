"""The run controller with a fake worker and fake neighbors in reach of the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer
import vtk
from orthoai.worker.events import Finished
from OrthoAILib.Run.Collaborators import Collaborators
from OrthoAILib.Run.RunController import RunController
from OrthoAILib.Run.RunState import RunState
from panel_run_fakes import (
    Ending,
    FakeClient,
    FakeExchange,
    FakeResults,
    FakeReviews,
    FakeTimer,
    FakeVolumes,
)

OUT = Path("out")
"""Of a run that has finished."""


@dataclass
class Bench:
    """The controller with its neighbors in reach of the test."""

    controller: RunController
    clients: list[FakeClient]
    timers: list[FakeTimer]
    volumes: FakeVolumes
    results: FakeResults
    reviews: FakeReviews
    exchange: FakeExchange
    ending: Ending
    scene: Any
    volume: Any
    folder: Path
    now: list[float]
    trouble: list[Any]

    @property
    def client(self) -> FakeClient:
        return self.clients[-1]

    def tick(self, *events: Any) -> None:
        """The worker says ``events``, and the timer ticks."""
        self.client.events += events
        self.timers[0].tick()
        if any(isinstance(event, Finished) for event in events) and self.exchange.readGate.is_set():
            self.waitForReading()

    def waitForReading(self) -> None:
        """Tick once the thread that reads the result has ended."""
        join("OrthoAI result reading")
        self.timers[0].tick()

    def start(self) -> None:
        """A run that the worker has taken up."""
        assert self.controller.run("femur", self.volume)
        self.export()

    def export(self) -> None:
        self.exchange.gate.set()
        limit = time.monotonic() + 10
        while self.controller.state is RunState.PREPARING and time.monotonic() < limit:
            self.tick()
            time.sleep(0.001)
        assert self.controller.state is not RunState.PREPARING


def join(name: str) -> None:
    """Wait until the threads of that name have ended."""
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(10)
            assert not thread.is_alive()


@contextmanager
def openBench(folder: Path) -> Iterator[Bench]:
    """A controller that exchanges files in ``folder``; closed at the end."""
    scene = slicer.vtkMRMLScene()
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    image = vtk.vtkImageData()
    image.SetDimensions(2, 3, 4)
    image.AllocateScalars(vtk.VTK_SHORT, 1)
    volume.SetAndObserveImageData(image)
    clients, timers, now, trouble = [], [], [0.0], [""]
    parts = (FakeVolumes(), FakeResults(), FakeReviews())
    exchange = FakeExchange()

    def ensure() -> str:
        if isinstance(trouble[0], Exception):
            raise trouble[0]
        return trouble[0]

    collaborators = Collaborators(
        scene,
        *parts,
        clientFactory=lambda: clients.append(FakeClient()) or clients[-1],
        timerFactory=lambda *arguments: timers.append(FakeTimer(*arguments)) or timers[-1],
        writeExchange=exchange.write,
        readResult=exchange.read,
        ensureDependencies=ensure,
    )
    controller = RunController(collaborators, folder, clock=lambda: now[0])
    ending = Ending(controller)
    try:
        yield Bench(
            controller, clients, timers, *parts, exchange, ending, scene, volume, folder, now=now, trouble=trouble
        )
    finally:
        exchange.gate.set()
        controller.close()
