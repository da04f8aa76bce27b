"""The run controller with a fake worker: what it asks, what it says, and how every run ends exactly once."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.tasks import RunOptions
from orthoai.worker.events import Crashed, Failed, FailureKind, Finished, Progressed
from OrthoAILib.Run.Collaborators import Collaborators
from OrthoAILib.Run.RunController import CANCEL_LIMIT_S, CANCELED, RunController
from OrthoAILib.Run.RunState import RunState
from panel_run_fakes import (
    GRID,
    MESSAGE,
    Ending,
    FakeClient,
    FakeExchange,
    FakeResults,
    FakeReviews,
    FakeTimer,
    FakeVolumes,
)

OUT = Path("out")


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
        """Tick until the thread that reads the result has ended."""
        limit = time.monotonic() + 10
        while any(thread.name == "OrthoAI result reading" for thread in threading.enumerate()):
            assert time.monotonic() < limit
            time.sleep(0.001)
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


@pytest.fixture
def bench(tmp_path):
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
    folder = tmp_path / "exchange"
    controller = RunController(collaborators, folder, clock=lambda: now[0])
    ending = Ending(controller)
    yield Bench(controller, clients, timers, *parts, exchange, ending, scene, volume, folder, now=now, trouble=trouble)
    exchange.gate.set()
    controller.close()


def test_a_run_goes_from_the_volume_to_result_nodes(bench):
    options = RunOptions(device="cpu", model="mine", confidence=0.4)
    assert bench.controller.run("femur", bench.volume, options)
    assert bench.controller.state is RunState.PREPARING
    assert bench.client.started == 1
    bench.export()
    (request,) = bench.client.requests
    assert (request.task, request.options, request.modality, request.uids) == (
        "femur",
        options,
        "CT",
        {"study": "1.2.3"},
    )
    assert request.input == bench.exchange.written[0] and request.output.parent == bench.folder
    bench.tick(Progressed("run-1", "detect", 0.5, "coronal"))
    bench.tick(Finished("run-1", request.output, {1: (0, 1, 0, 2, 0, 3)}))
    ((outcome,),) = bench.ending.of("finished")
    assert (outcome.nodes.resultId, outcome.volumeNode, outcome.task.name) == ("result-1", bench.volume, "femur")
    assert outcome.message == MESSAGE
    assert bench.results.shown[0][1:] == (bench.volume, {1: (0, 1, 0, 2, 0, 3)})
    assert ["detect", 0.5, "coronal"] in bench.ending.of("progressed")
    states = [state for (state,) in bench.ending.of("stateChanged")]
    assert states == [RunState.INSTALLING, RunState.IDLE, RunState.PREPARING, RunState.RUNNING, RunState.IDLE]
    assert not bench.timers[0].isActive


def test_a_result_is_read_in_a_thread_and_shown_at_the_tick_after(bench):
    bench.exchange.readGate.clear()
    bench.start()
    bench.tick(Finished("run-1", OUT))
    bench.tick()
    assert bench.controller.state is RunState.RUNNING and not bench.results.shown
    bench.exchange.readGate.set()
    bench.waitForReading()
    assert bench.ending.endings == ["finished"] and len(bench.results.shown) == 1


def test_a_cancel_while_the_result_is_read_needs_no_answer_of_the_worker(bench):
    bench.exchange.readGate.clear()
    bench.start()
    bench.tick(Finished("run-1", OUT))
    bench.controller.cancel()
    assert bench.ending.endings == ["canceled"] and bench.client.cancels == 0
    bench.exchange.readGate.set()
    bench.waitForReading()
    assert not bench.results.shown and bench.ending.endings == ["canceled"]


def test_a_result_that_cannot_be_read_is_told(bench):
    bench.exchange.readError = InputError("The result of the run cannot be read; run the task again.")
    bench.start()
    bench.tick(Finished("run-1", OUT))
    assert bench.ending.of("failed") == [["The result of the run cannot be read; run the task again."]]


def test_the_panel_is_idle_again_when_it_hears_of_the_end(bench):
    seen = []
    bench.controller.finished.connect(lambda outcome: seen.append(bench.controller.state))
    bench.start()
    bench.tick(Finished("run-1", OUT))
    assert seen == [RunState.IDLE]


def test_a_new_run_can_be_started_from_the_end_of_another(bench):
    again = []
    bench.controller.finished.connect(
        lambda outcome: again or again.append(bench.controller.run("femur", bench.volume))
    )
    bench.start()
    bench.tick(Finished("run-1", OUT))
    assert again == [True]
    bench.export()
    bench.tick(Finished("run-2", OUT))
    assert bench.ending.endings == ["finished", "finished"]


def test_a_second_run_on_an_unchanged_volume_writes_it_no_second_time(bench):
    for number in (1, 2):
        bench.start()
        bench.tick(Finished(f"run-{number}", OUT))
    first, second = bench.client.requests
    assert first.input == second.input and len(bench.exchange.written) == 1
    assert len(bench.clients) == 1  # and meets a worker whose models are loaded
    assert first.output != second.output


@pytest.mark.parametrize("change", ["voxels", "grid", "file"])
def test_a_changed_volume_is_written_again(bench, change):
    bench.start()
    bench.tick(Finished("run-1", OUT))
    if change == "voxels":
        bench.volume.GetImageData().GetPointData().GetScalars().Modified()
    elif change == "grid":
        bench.volumes.grid = GRID.cropped((0, 0, 0), (2, 3, 3))
    else:
        bench.exchange.written[0].unlink()
    bench.start()
    first, second = bench.client.requests
    assert first.input != second.input
    assert second.input.exists() and not first.input.exists()


def test_a_click_during_a_run_does_nothing(bench):
    bench.start()
    assert not bench.controller.run("femur", bench.volume)
    assert len(bench.client.requests) == 1 and bench.ending.endings == []


@pytest.mark.parametrize("trouble", ["The voxels are not square.", None])
def test_an_unsuitable_volume_is_refused_in_one_sentence(bench, trouble):
    bench.volumes.trouble = trouble or ""
    assert not bench.controller.run("femur", bench.volume if trouble else None)
    assert bench.ending.said == [("failed", trouble or "Choose a CT volume first.")]


def test_without_its_packages_nothing_runs_and_the_reason_is_told(bench):
    bench.trouble[0] = "Nothing was installed."
    assert not bench.controller.run("femur", bench.volume)
    assert bench.ending.of("failed") == [["Nothing was installed."]]
    assert bench.clients == [] and bench.controller.state is RunState.IDLE


def test_a_crash_of_the_installation_leaves_a_working_panel(bench):
    bench.trouble[0] = RuntimeError("pip")
    assert not bench.controller.run("femur", bench.volume)
    ((sentence,),) = bench.ending.of("failed")
    assert "could not be installed" in sentence
    bench.trouble[0] = ""
    bench.start()


def test_a_volume_that_goes_away_while_packages_are_installed_is_not_run(bench):
    bench.controller.stateChanged.connect(
        lambda state: state is RunState.INSTALLING and bench.scene.RemoveNode(bench.volume)
    )
    assert not bench.controller.run("femur", bench.volume)
    assert bench.ending.endings == ["failed"]


def test_a_full_disk_ends_the_run_with_its_sentence(bench):
    bench.exchange.writeError = InputError("The disk is full.")
    assert bench.controller.run("femur", bench.volume)
    bench.export()
    assert bench.ending.of("failed") == [["The disk is full."]]
    assert bench.client.requests == []


def test_an_unforeseen_error_of_the_export_thread_is_not_lost_and_tells_nothing_private(bench):
    bench.exchange.writeError = ValueError("Jane Doe")
    assert bench.controller.run("femur", bench.volume)
    bench.export()
    ((sentence,),) = bench.ending.of("failed")
    assert "ValueError" in sentence and "Jane" not in sentence
    bench.exchange.writeError = None
    bench.start()  # A failed export is not taken for a file.


def test_the_workers_failure_is_told_in_its_own_words(bench):
    bench.start()
    bench.tick(Failed("run-1", FailureKind.INPUT, "No femur in this image."))
    assert bench.ending.of("failed") == [["No femur in this image."]]
    assert bench.controller.state is RunState.IDLE


@pytest.mark.parametrize("job", ["run-1", None])
def test_a_crash_ends_the_run_and_the_next_one_works(bench, job):
    bench.start()
    bench.tick(Crashed(job, "The worker ended; press the button again."))
    assert bench.ending.of("failed") == [["The worker ended; press the button again."]]
    bench.start()
    bench.tick(Finished("run-2", OUT))
    assert bench.ending.endings == ["failed", "finished"]


def test_what_a_worker_said_about_an_earlier_run_concerns_nobody(bench):
    bench.start()
    bench.tick(Finished("run-1", OUT))
    bench.client.events = [Crashed(None, "It died while idle.")]
    bench.start()
    bench.tick(Failed("run-1", FailureKind.INTERNAL, "late"), Progressed("run-1", "late", 1.0, ""))
    assert bench.controller.state is RunState.RUNNING
    assert bench.ending.endings == ["finished"]


def test_cancel_during_the_export_ends_at_once_and_leaves_no_file(bench):
    bench.controller.run("femur", bench.volume)
    bench.controller.cancel()
    assert bench.ending.of("canceled") == [[CANCELED]] and bench.controller.state is RunState.IDLE
    bench.exchange.gate.set()
    bench.start()
    assert [path.name for path in bench.folder.iterdir()] == [bench.client.requests[0].input.name]


def test_cancel_waits_for_the_worker_and_tells_once(bench):
    bench.start()
    bench.controller.cancel()
    bench.controller.cancel()
    assert bench.client.cancels == 1 and bench.controller.state is RunState.CANCELING
    bench.tick(Progressed("run-1", "segment", 0.9, ""))
    assert ["segment", 0.9, ""] not in bench.ending.of("progressed")
    bench.tick(Failed("run-1", FailureKind.CANCELED, "Canceled."))
    assert bench.ending.endings == ["canceled"]


def test_a_result_that_comes_after_the_cancel_is_not_shown(bench):
    bench.start()
    bench.controller.cancel()
    bench.tick(Finished("run-1", OUT))
    assert bench.results.shown == [] and bench.ending.endings == ["canceled"]


def test_a_crash_after_the_cancel_is_a_cancel(bench):
    bench.start()
    bench.controller.cancel()
    bench.tick(Crashed("run-1", "It crashed."))
    assert bench.ending.endings == ["canceled"]


def test_a_worker_that_does_not_answer_a_cancel_is_given_up(bench):
    bench.start()
    bench.controller.cancel()
    bench.now[0] = CANCEL_LIMIT_S
    bench.tick()
    assert bench.controller.state is RunState.CANCELING
    bench.now[0] = CANCEL_LIMIT_S + 0.01
    silent = bench.client
    bench.tick()
    assert silent.closed and bench.ending.endings == ["canceled"]
    bench.start()
    assert bench.client is not silent


def test_cancel_without_a_run_says_nothing(bench):
    bench.controller.cancel()
    assert bench.ending.said == []


@pytest.mark.parametrize("when", ["preparing", "running"])
@pytest.mark.parametrize("what", ["volume", "scene"])
def test_a_run_that_loses_its_ground_is_stopped_and_says_why(bench, what, when):
    bench.controller.run("femur", bench.volume)
    if when == "running":
        bench.export()
    if what == "volume":
        bench.scene.RemoveNode(bench.volume)
    else:
        bench.scene.Clear(0)
    if when == "running":
        assert bench.client.cancels == 1
        bench.tick(Failed("run-1", FailureKind.CANCELED, "Canceled."))
    ((sentence,),) = bench.ending.of("canceled")
    assert {"volume": "removed", "scene": "closed"}[what] in sentence
    assert bench.ending.endings == ["canceled"] and bench.results.shown == []


def test_other_nodes_may_come_and_go_during_a_run(bench):
    bench.start()
    bench.scene.RemoveNode(bench.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode"))
    assert bench.controller.state is RunState.RUNNING


def test_a_scene_without_a_run_is_not_watched(bench):
    bench.start()
    bench.tick(Finished("run-1", OUT))
    bench.scene.Clear(0)
    assert bench.ending.endings == ["finished"]


def test_a_volume_that_was_moved_during_the_run_gets_no_result(bench):
    bench.start()
    bench.volumes.grid = GRID.resampled((2.0, 2.0, 2.0))
    bench.tick(Finished("run-1", OUT))
    assert bench.results.shown == []
    ((sentence,),) = bench.ending.of("failed")
    assert "changed during the run" in sentence


@pytest.mark.parametrize("error", [InputError("The result is damaged."), KeyError("Jane Doe")])
def test_a_result_that_cannot_be_shown_is_told_without_private_words(bench, error, caplog):
    bench.results.error = error
    bench.start()
    bench.tick(Finished("run-1", OUT))
    ((sentence,),) = bench.ending.of("failed")
    assert "Jane" not in sentence and "Jane" not in caplog.text
    assert sentence == "The result is damaged." or "KeyError" in sentence


def test_stage_two_runs_with_the_boxes_of_the_scene(bench):
    box = Box.from_index("femur_left", 0.9, (0, 0, 0), (1, 1, 1), GRID)
    bench.reviews.given = (box,)

    class Nodes:
        taskName, volumeNode = "femur", bench.volume

    assert bench.controller.runStage2(Nodes(), RunOptions(device="cpu"))
    bench.export()
    assert bench.client.requests[0].options == RunOptions(device="cpu", boxes=(box,))


@pytest.mark.parametrize(("volume", "word"), [(False, "image"), (True, "box")])
def test_stage_two_without_an_image_or_boxes_is_refused(bench, volume, word):
    class Nodes:
        taskName, volumeNode = "femur", bench.volume if volume else None

    assert not bench.controller.runStage2(Nodes())
    ((sentence,),) = bench.ending.of("failed")
    assert word in sentence


def test_closing_ends_the_worker_removes_the_files_and_is_silent(bench):
    bench.start()
    bench.ending.said.clear()
    bench.controller.close()
    assert bench.client.closed and not bench.folder.exists() and not bench.timers[0].isActive
    bench.scene.RemoveNode(bench.volume)
    assert bench.ending.said == []


def test_the_voxels_live_as_long_as_they_are_written(bench):
    written = {}

    def write(voxels, geometry, path, progress):
        bench.exchange.gate.wait(10)
        written["sum"] = int(voxels.sum())
        path.write_bytes(b"")

    from OrthoAILib.Run.VolumeExport import VolumeExport

    export = VolumeExport(write, np.ones(GRID.shape), GRID, bench.folder.parent / "volume.nrrd")
    bench.exchange.gate.set()
    while not export.isDone:
        time.sleep(0.001)
    assert written["sum"] == 24 and export.isUsable
