"""From the volume to result nodes, and what is left behind."""

from __future__ import annotations

import numpy as np
import pytest
import vtk
from orthoai.io.digest import values_sha256
from orthoai.tasks import RunOptions
from orthoai.worker.events import Finished, Progressed
from OrthoAILib.Run.RunState import RunState
from panel_run_bench import OUT
from panel_run_fakes import (
    GRID,
    MESSAGE,
)


def test_a_run_goes_from_the_volume_to_result_nodes(controlled):
    options = RunOptions(device="cpu", model="mine", confidence=0.4)
    assert controlled.controller.run("femur", controlled.volume, options)
    assert controlled.controller.state is RunState.PREPARING
    assert controlled.client.started == 1
    controlled.export()
    (request,) = controlled.client.requests
    assert (request.task, request.options, request.modality, request.uids) == (
        "femur",
        options,
        "CT",
        {"study": "1.2.3"},
    )
    assert request.input == controlled.exchange.written[0] and request.output.parent == controlled.folder
    controlled.tick(Progressed("run-1", "detect", 0.5, "coronal"))
    controlled.tick(Finished("run-1", request.output, {1: (0, 1, 0, 2, 0, 3)}))
    ((outcome,),) = controlled.ending.of("finished")
    assert (outcome.nodes.resultId, outcome.volumeNode, outcome.task.name) == ("result-1", controlled.volume, "femur")
    assert outcome.message == MESSAGE
    assert controlled.results.shown[0][1:] == (controlled.volume, {1: (0, 1, 0, 2, 0, 3)})
    assert controlled.results.digests == [values_sha256(np.zeros(GRID.shape))]
    assert ["detect", 0.5, "coronal"] in controlled.ending.of("progressed")
    states = [state for (state,) in controlled.ending.of("stateChanged")]
    assert states == [RunState.INSTALLING, RunState.IDLE, RunState.PREPARING, RunState.RUNNING, RunState.IDLE]
    assert not controlled.timers[0].isActive


def test_a_result_is_read_in_a_thread_and_shown_at_the_tick_after(controlled):
    controlled.exchange.readGate.clear()
    controlled.start()
    controlled.tick(Finished("run-1", OUT))
    controlled.tick()
    assert controlled.controller.state is RunState.RUNNING and not controlled.results.shown
    controlled.exchange.readGate.set()
    controlled.waitForReading()
    assert controlled.ending.endings == ["finished"] and len(controlled.results.shown) == 1


def test_the_panel_is_idle_again_when_it_hears_of_the_end(controlled):
    seen = []
    controlled.controller.finished.connect(lambda outcome: seen.append(controlled.controller.state))
    controlled.start()
    controlled.tick(Finished("run-1", OUT))
    assert seen == [RunState.IDLE]


def test_other_nodes_may_come_and_go_during_a_run(controlled):
    controlled.start()
    controlled.scene.RemoveNode(controlled.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode"))
    assert controlled.controller.state is RunState.RUNNING


def test_a_scene_without_a_run_is_not_watched(controlled):
    controlled.start()
    controlled.tick(Finished("run-1", OUT))
    controlled.scene.Clear(0)
    assert controlled.ending.endings == ["finished"]


def test_a_volume_that_was_moved_during_the_run_gets_no_result(controlled):
    controlled.start()
    controlled.volumes.grid = GRID.resampled((2.0, 2.0, 2.0))
    controlled.tick(Finished("run-1", OUT))
    assert controlled.results.shown == []
    ((sentence,),) = controlled.ending.of("failed")
    assert "changed during the run" in sentence


@pytest.mark.parametrize("state", [RunState.PREPARING, RunState.RUNNING])
def test_an_image_that_was_changed_during_the_run_gets_no_result(controlled, state):
    assert controlled.controller.run("femur", controlled.volume)
    if state is RunState.RUNNING:
        controlled.export()
    other = vtk.vtkImageData()
    other.DeepCopy(controlled.volume.GetImageData())
    controlled.volume.SetAndObserveImageData(other)
    controlled.export()
    controlled.tick(Finished("run-1", OUT))
    assert controlled.results.shown == []
    assert controlled.ending.of("failed") == [["The image was changed during the run; run the task again."]]


def test_an_image_that_is_back_at_the_end_of_the_run_gets_its_result(controlled):
    controlled.start()
    image, other = controlled.volume.GetImageData(), vtk.vtkImageData()
    other.DeepCopy(image)
    controlled.volume.SetAndObserveImageData(other)
    controlled.volume.SetAndObserveImageData(image)
    controlled.tick(Finished("run-1", OUT))
    assert controlled.ending.endings == ["finished"]


def test_closing_ends_the_worker_removes_the_files_and_is_silent(controlled):
    controlled.start()
    controlled.ending.said.clear()
    controlled.controller.close()
    assert controlled.client.closed and not controlled.folder.exists() and not controlled.timers[0].isActive
    controlled.scene.RemoveNode(controlled.volume)
    assert controlled.ending.said == []
