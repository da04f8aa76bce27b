"""The review panel while scenes are saved, loaded and closed."""

from __future__ import annotations

import pytest
from review_room import click, down, exportAndWait, press, typeInto


def test_the_review_survives_saving_and_loading_of_the_scene(room, tmp_path):
    from OrthoAILib.Bridge.ResultBridge import ResultBridge

    room.reviews.setFindingClass(room.nodes, 0, "femur_right")
    click(room, "correctButton")
    typeInto(room, "commentEdit", "Seite")
    room.host.saveScene(tmp_path / "scene.mrb")
    room.panel.setParameterNode(None)
    assert room.child("commentEdit").text == "" and not room.child("approveButton").enabled
    room.host.loadScene(tmp_path / "scene.mrb")
    (nodes,) = ResultBridge(room.host.scene).load()
    room.panel.setResult(nodes, nodes.volumeNode)
    assert down(room) == ["correctButton"] and room.child("commentEdit").text == "Seite"
    assert room.panel.session.isUnsaved
    assert room.panel.session.review().result.findings[0].label == "femur_right"


def test_an_image_that_was_changed_while_nobody_watched_is_not_exported(room, tmp_path):
    import slicer
    from orthoai.io.digest import values_sha256
    from OrthoAILib.Bridge.ResultBridge import ResultBridge
    from OrthoAILib.ParameterNode import OrthoAIParameterNode

    digest = values_sha256(slicer.util.arrayFromVolume(room.volumeNode))
    nodes = ResultBridge(room.host.scene).show(room.result, room.volumeNode, imageDigest=digest)
    room.panel.setParameterNode(None)
    room.host.saveScene(tmp_path / "scene.mrb")
    room.host.loadScene(tmp_path / "scene.mrb")
    nodes = next(each for each in ResultBridge(room.host.scene).load() if each.resultId == nodes.resultId)
    slicer.util.arrayFromVolume(nodes.volumeNode)[0, 0, 0] += 1
    room.panel.setParameterNode(OrthoAIParameterNode(room.host.scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")))
    room.child("exportFolder").setCurrentPath(str(room.training))
    room.panel.setResult(nodes, nodes.volumeNode)
    click(room, "approveButton")
    exportAndWait(room)
    assert "The image has changed since the task ran on it" in room.child("noticeText").text
    assert room.panel.session.isUnsaved and not room.training.exists()
    slicer.util.arrayFromVolume(nodes.volumeNode)[0, 0, 0] -= 1
    exportAndWait(room)
    assert not room.panel.session.isUnsaved and room.training.exists()


def test_the_segment_editor_works_on_the_results_masks_over_its_image(room):
    editor = room.child("segmentEditor")
    assert editor.segmentationNode() is room.nodes.segmentation
    assert editor.sourceVolumeNode() is room.volumeNode
    room.panel.setResult(None, None)
    assert editor.segmentationNode() is None


def test_a_brush_does_not_stay_active_when_the_module_is_left(room):
    editor = room.child("segmentEditor")
    editor.setActiveEffectByName("Paint")
    room.panel.exit()
    assert editor.activeEffect() is None


def test_time_is_counted_while_somebody_scrolls_and_not_in_another_module(host, addResult, clock, monkeypatch):
    import slicer
    from OrthoAILib.Panels import ReviewPanel as module

    monkeypatch.setattr(module, "ReviewSession", lambda *parts: ReviewSession(*parts, clock=clock))
    from OrthoAILib.Review.ReviewSession import ReviewSession

    red = slicer.vtkMRMLSliceNode()
    red.SetLayoutName("Red")
    red = host.scene.AddNode(red)
    shown = addResult(host.scene)
    panel = module.ReviewPanel()
    panel.setResult(shown.nodes, shown.volumeNode)
    panel.enter()
    for step in range(3):
        clock.advance(40)
        red.SetSliceOffset(step + 1.0)
    panel.exit()
    clock.advance(40)
    panel.enter()
    clock.advance(5)
    assert panel.session.review().time_spent_s == pytest.approx(125)
    panel.cleanup()
    panel.widget.deleteLater()


def test_closing_the_scene_under_the_panel_does_no_harm(room):
    room.panel.setParameterNode(None)
    room.host.clearScene()
    press(room, "Ctrl+Z")
    press(room, "Ctrl+Shift+A")
    assert room.panel.session is None and not room.child("exportButton").enabled


def test_the_question_is_asked_in_a_window_that_loses_nothing_when_it_is_closed(host):
    import qt
    from OrthoAILib.Panels.Ask import Answer, askInSlicer

    answers = {qt.QMessageBox.Save: Answer.SAVE, qt.QMessageBox.Discard: Answer.DISCARD}
    for button in (qt.QMessageBox.Save, qt.QMessageBox.Discard, qt.QMessageBox.Cancel, qt.QMessageBox.NoButton):
        host.answerNextDialog(button)
        assert askInSlicer(True) is answers.get(button, Answer.STAY)
    host.answerNextDialog(qt.QMessageBox.Cancel)
    askInSlicer(False)
    host.answerNextDialog(qt.QMessageBox.Discard)
    assert askInSlicer(False, "Segment Femur") is Answer.DISCARD
    texts = [dialog.text for dialog in host.askedDialogs]
    assert "Segment Femur" in texts.pop()
    assert "not in the training set yet" in texts[0] and "no verdict" in texts[-1]


def test_only_an_explicit_click_takes_an_exported_case_out(host):
    import qt
    from OrthoAILib.Panels.Ask import askWithdrawInSlicer

    for button, out in ((qt.QMessageBox.Ok, True), (qt.QMessageBox.Cancel, False), (qt.QMessageBox.NoButton, False)):
        host.answerNextDialog(button)
        assert askWithdrawInSlicer("cases/femur-1") is out
    assert "cases/femur-1" in host.askedDialogs[0].text
