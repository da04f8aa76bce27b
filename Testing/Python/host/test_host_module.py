"""The host runs a scripted module as Slicer does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

MODULE = Path(__file__).parent / "FixtureModule" / "FixtureModule.py"
TESTING = Path(__file__).parents[2]


@pytest.fixture
def module(host):
    return host.loadModule(MODULE)


def addVolume(name: str = "CT"):
    import slicer

    return slicer.util.addVolumeFromArray(np.zeros((3, 4, 5), np.int16), name=name)


def test_a_module_loads_its_panel_and_is_entered(host, module):
    assert module.widget.ui.applyButton.text == "Apply"
    assert module.widget.entered == 1
    assert not module.widget.ui.applyButton.enabled


def test_choosing_a_node_writes_the_parameter_and_enables_the_button(host, module):
    volume = addVolume()
    module.widget.ui.inputSelector.setCurrentNode(volume)
    assert module.widget.parameterNode.inputVolume is volume
    assert module.widget.ui.applyButton.enabled


def test_a_click_reaches_the_logic(host, module):
    module.widget.ui.inputSelector.setCurrentNode(addVolume())
    module.widget.parameterNode.threshold = 0.25
    assert module.widget.ui.thresholdSlider.value == 0.25
    module.widget.ui.applyButton.click()
    assert module.logic.processed == [("CT", 0.25)]


def test_an_error_in_a_slot_is_logged_and_fails_the_test_unless_it_is_expected(host, module, caplog):
    module.widget.ui.inputSelector.setCurrentNode(addVolume())
    module.widget.ui.thresholdSlider.value = 0.95
    module.widget.ui.applyButton.click()
    assert "threshold too high" in caplog.text
    assert module.logic.processed == []
    with pytest.raises(AssertionError, match="threshold too high"):
        host.checkProblems()


def test_a_timer_ticks_while_events_are_processed(host, module):
    module.widget.timer.start()
    assert host.processEvents(5, until=lambda: module.widget.ticks >= 3)


def test_parameters_come_back_with_a_saved_scene(host, module, tmp_path):
    module.widget.ui.inputSelector.setCurrentNode(addVolume())
    module.widget.ui.commentEdit.text = "seen"
    module.widget.ui.thresholdSlider.value = 0.75
    host.saveScene(tmp_path / "scene.mrb")
    host.clearScene()
    host.loadScene(tmp_path / "scene.mrb")
    again = module.logic.getParameterNode()
    assert (again.inputVolume.GetName(), again.comment, again.threshold) == ("CT", "seen", 0.75)


def test_a_reload_builds_the_panel_anew(host, module):
    again = host.reloadModule("FixtureModule")
    assert again.widget is not module.widget
    assert again.widget.ui.applyButton.text == "Apply"


def test_the_self_test_runs_every_test_method(host, module):
    import slicer

    slicer.selfTests["FixtureModule"]()
    assert sys.modules["FixtureModule"].FixtureModuleTest.ran == ["first", "second"]


def test_a_closed_host_is_empty_again(host, module):
    import slicer

    called = []
    slicer.app.connect("startupCompleted()", lambda: called.append(1))
    addVolume()
    host.close()
    host.completeStartup()
    assert not hasattr(slicer.modules, "fixturemodule") and called == []
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0


def test_a_module_is_cleaned_up_and_its_widgets_deleted_when_it_is_unloaded(host, module):
    widget, button = module.widget, module.widget.ui.applyButton
    widget.timer.start()
    host.unloadModule("FixtureModule")
    assert not widget.timer.active
    with pytest.raises(RuntimeError, match="deleted"):
        button.click()


def test_a_picture_shows_the_panel(host, module, tmp_path):
    import qt

    picture = qt.QImage(str(host.grab(module, tmp_path / "panel.png")))
    assert picture.width() == module.parent.width > 100


def test_a_host_that_has_ended_leaves_no_files_behind(host, tmp_path):
    code = f"import sys; sys.path.insert(0, {str(TESTING)!r}); import host; host.start(); import slicer; "
    code += "open(slicer.app.temporaryPath + '/left', 'w').close()"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    assert not list(tmp_path.glob("orthoai-host-*"))
