"""The Advanced part: choices that reach the engine and live in the scene."""

from __future__ import annotations

import pytest
from orthoai.tasks import RunOptions, all_tasks


@pytest.fixture
def advanced(bench):
    return bench.panel.advancedPanel


def node(bench):
    return bench.module.widget.logic.getParameterNode()


def test_at_first_the_engine_decides_everything(bench, advanced):
    assert advanced.options() == RunOptions(device="auto", model=None, confidence=None, boxes=())


def test_the_models_of_the_store_can_be_chosen(advanced):
    selector = advanced._ui.modelSelector
    shipped = {task.default_model for task in all_tasks()}
    assert [selector.itemData(n) for n in range(selector.count)] == ["", *sorted(shipped)]


def test_what_is_chosen_reaches_the_parameter_node_and_the_engine(bench, advanced):
    ui = advanced._ui
    ui.deviceSelector.setCurrentIndex(ui.deviceSelector.findData("cpu"))
    ui.modelSelector.setCurrentIndex(ui.modelSelector.findData("femur_two_stage"))
    ui.confidenceSlider.value = 0.4
    assert (node(bench).device, node(bench).model, node(bench).confidence) == ("cpu", "femur_two_stage", 0.4)
    assert advanced.options() == RunOptions(device="cpu", model="femur_two_stage", confidence=0.4)


def test_what_a_script_writes_to_the_parameter_node_is_shown(bench, advanced):
    node(bench).device = "cuda"
    node(bench).confidence = 0.25
    assert advanced._ui.deviceSelector.currentText == "Graphics card"
    assert advanced._ui.confidenceSlider.value == 0.25


def test_a_model_that_this_store_lacks_is_kept_so_that_the_run_can_say_so(bench, advanced):
    node(bench).model = "from_another_hospital"
    assert advanced._ui.modelSelector.currentText == "from_another_hospital"
    assert advanced.options().model == "from_another_hospital"


def test_choices_come_back_with_a_saved_scene(bench, advanced, tmp_path):
    node(bench).device = "cpu"
    node(bench).model = "femur_two_stage"
    node(bench).confidence = 0.3
    bench.host.saveScene(tmp_path / "scene.mrb")
    bench.host.clearScene()
    assert advanced.options() == RunOptions()
    bench.host.loadScene(tmp_path / "scene.mrb")
    assert advanced.options() == RunOptions(device="cpu", model="femur_two_stage", confidence=0.3)
    assert advanced._ui.deviceSelector.currentText == "Processor"
