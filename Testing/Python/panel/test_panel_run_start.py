"""What a run starts with, and what is refused."""

from __future__ import annotations

import pytest
from orthoai.box import Box
from orthoai.tasks import RunOptions
from orthoai.worker.events import Finished
from OrthoAILib.Run.RunState import RunState
from panel_run_bench import OUT
from panel_run_fakes import GRID


def test_a_new_run_can_be_started_from_the_end_of_another(controlled):
    again = []
    controlled.controller.finished.connect(
        lambda outcome: again or again.append(controlled.controller.run("femur", controlled.volume))
    )
    controlled.start()
    controlled.tick(Finished("run-1", OUT))
    assert again == [True]
    controlled.export()
    controlled.tick(Finished("run-2", OUT))
    assert controlled.ending.endings == ["finished", "finished"]


def test_a_second_run_on_an_unchanged_volume_writes_it_no_second_time(controlled):
    for number in (1, 2):
        controlled.start()
        controlled.tick(Finished(f"run-{number}", OUT))
    first, second = controlled.client.requests
    assert first.input == second.input and len(controlled.exchange.written) == 1
    assert len(controlled.clients) == 1  # and meets a worker whose models are loaded
    assert first.output != second.output


@pytest.mark.parametrize("change", ["voxels", "grid", "file"])
def test_a_changed_volume_is_written_again(controlled, change):
    controlled.start()
    controlled.tick(Finished("run-1", OUT))
    if change == "voxels":
        controlled.volume.GetImageData().GetPointData().GetScalars().Modified()
    elif change == "grid":
        controlled.volumes.grid = GRID.cropped((0, 0, 0), (2, 3, 3))
    else:
        controlled.exchange.written[0].unlink()
    controlled.start()
    first, second = controlled.client.requests
    assert first.input != second.input
    assert second.input.exists() and not first.input.exists()


def test_a_click_during_a_run_does_nothing(controlled):
    controlled.start()
    assert not controlled.controller.run("femur", controlled.volume)
    assert len(controlled.client.requests) == 1 and controlled.ending.endings == []


@pytest.mark.parametrize("trouble", ["The voxels are not square.", None])
def test_an_unsuitable_volume_is_refused_in_one_sentence(controlled, trouble):
    controlled.volumes.trouble = trouble or ""
    assert not controlled.controller.run("femur", controlled.volume if trouble else None)
    assert controlled.ending.said == [("failed", trouble or "Choose a CT volume first.")]


def test_without_its_packages_nothing_runs_and_the_reason_is_told(controlled):
    controlled.trouble[0] = "Nothing was installed."
    assert not controlled.controller.run("femur", controlled.volume)
    assert controlled.ending.of("failed") == [["Nothing was installed."]]
    assert controlled.clients == [] and controlled.controller.state is RunState.IDLE


def test_a_volume_that_goes_away_while_packages_are_installed_is_not_run(controlled):
    controlled.controller.stateChanged.connect(
        lambda state: state is RunState.INSTALLING and controlled.scene.RemoveNode(controlled.volume)
    )
    assert not controlled.controller.run("femur", controlled.volume)
    assert controlled.ending.endings == ["failed"]


def test_stage_two_runs_with_the_boxes_of_the_scene(controlled):
    box = Box.from_index("femur_left", 0.9, (0, 0, 0), (1, 1, 1), GRID)
    controlled.reviews.given = (box,)

    class Nodes:
        taskName, volumeNode = "femur", controlled.volume

    assert controlled.controller.runStage2(Nodes(), RunOptions(device="cpu"))
    controlled.export()
    assert controlled.client.requests[0].options == RunOptions(device="cpu", boxes=(box,))


@pytest.mark.parametrize(("volume", "word"), [(False, "image"), (True, "box")])
def test_stage_two_without_an_image_or_boxes_is_refused(controlled, volume, word):
    class Nodes:
        taskName, volumeNode = "femur", controlled.volume if volume else None

    assert not controlled.controller.runStage2(Nodes())
    ((sentence,),) = controlled.ending.of("failed")
    assert word in sentence


def test_stage_two_of_a_task_that_is_not_installed_is_refused(controlled):
    class Nodes:
        taskName, volumeNode = "rib", controlled.volume

    assert not controlled.controller.runStage2(Nodes())
    ((sentence,),) = controlled.ending.of("failed")
    assert 'There is no task "rib"' in sentence
