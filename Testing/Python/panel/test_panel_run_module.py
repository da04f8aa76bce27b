"""The whole module in the host with a real worker process: click, wait, see; and everything that can go wrong."""

from __future__ import annotations

import os
import random
import signal

import numpy as np
import pytest
from panel_bench import addLegs, alive, nodeIds


@pytest.fixture
def slow(openPanel):
    return openPanel("slow")


def node(bench):
    return bench.module.widget.logic.getParameterNode()


def segmentVoxels(result, name: str, volume) -> np.ndarray:
    import slicer

    return slicer.util.arrayFromSegmentBinaryLabelmap(result.segmentation, name, volume)


def startRun(bench) -> None:
    """Click, and wait until the worker has taken the run up."""
    bench.click()
    bench.wait("running")


def test_a_click_brings_boxes_segments_and_findings(openPanel):
    import slicer
    from femur_fakes import legs

    bench = openPanel("pipeline")
    volume = slicer.util.getNode("Legs")
    startRun(bench)
    assert bench.message == ""  # The word about packages is gone: the progress bar tells how far it is.
    bench.wait()
    result = bench.result
    assert bench.message == "Segment Femur is done."
    assert sorted(box.GetAttribute("OrthoAI.Role") for box in result.boxes) == ["box", "box"]
    assert result.segmentation.GetSegmentation().GetSegmentIDs() == ("femur_left", "femur_right")
    _, truth = legs()
    for value, name in ((1, "femur_left"), (2, "femur_right")):
        found = segmentVoxels(result, name, volume) > 0
        assert 2 * (found & (truth == value)).sum() / (found.sum() + (truth == value).sum()) > 0.9
    assert result.findingsTable.GetNumberOfRows() == 2
    assert (node(bench).task, node(bench).resultId) == ("femur", result.resultId)
    assert node(bench).inputVolume is volume


def test_a_moved_box_is_what_the_second_stage_works_in(openPanel):
    import slicer

    bench = openPanel("pipeline")
    volume = slicer.util.getNode("Legs")
    first = bench.run()
    before = segmentVoxels(first, "femur_left", volume) > 0
    pid = bench.client.pid
    box = next(box for box in first.boxes if "left" in box.GetName().lower())
    size, center = list(box.GetSize()), list(box.GetCenter())
    # The upper half only. The box is along the volume's axes, and these are along the patient's.
    size[2], center[2] = size[2] / 2, center[2] + size[2] / 4
    box.SetSize(size)
    box.SetCenter(center)
    bench.click(bench.panel.resultPanel._ui.rerunButton)
    assert bench.state != "idle"
    bench.wait()
    second = bench.result
    after = segmentVoxels(second, "femur_left", volume) > 0
    assert second.resultId != first.resultId
    assert bench.client.pid == pid  # The worker stayed, and with it its models.
    levels = [np.flatnonzero(mask.any(axis=(1, 2))) for mask in (before, after)]
    assert levels[1].min() > levels[0].min() + levels[0].size // 3
    assert levels[1].max() == levels[0].max()
    moved = next(box for box in second.boxes if "left" in box.GetName().lower())
    assert moved.GetSize()[2] < 0.6 * 2 * size[2]
    assert not first.segmentation.GetDisplayNode().GetVisibility()
    assert second.segmentation.GetDisplayNode().GetVisibility()


def test_a_femur_that_was_missed_is_found_in_a_box_that_is_added(openPanel):
    import slicer
    from femur_fakes import legs

    bench = openPanel("pipeline")
    volume = slicer.util.getNode("Legs")
    first = bench.run()
    verdict = bench.panel.reviewPanel
    bench.click(slicer.util.findChild(verdict.widget, "approveButton"))
    (right,) = (box for box in first.boxes if "right" in box.GetName().lower())
    center, size = list(right.GetCenter()), list(right.GetSize())
    slicer.mrmlScene.RemoveNode(right)
    bench.host.processEvents()
    assert len(bench.result.boxes) == 1
    bench.click(slicer.util.findChild(bench.panel.resultPanel.widget, "addBoxButton"))
    bench.host.processEvents()
    *_, added = bench.result.boxes
    assert added.GetAttribute("OrthoAI.Label") == "femur_right"
    assert verdict.session.nodes == bench.result and verdict.session.state.verdict is None
    added.SetSize(*size)
    added.SetCenter(*center)
    bench.click(bench.panel.resultPanel._ui.rerunButton)
    bench.wait()
    found = segmentVoxels(bench.result, "femur_right", volume) > 0
    truth = legs()[1] == 2
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.9


def test_the_3d_button_makes_surfaces(bench):
    result = bench.run()
    bench.click(bench.panel.resultPanel._ui.show3DButton)
    for name in ("femur_left", "femur_right"):
        surface = result.segmentation.GetClosedSurfaceInternalRepresentation(name)
        assert surface is not None and surface.GetNumberOfPoints() > 0


def test_while_a_task_runs_its_button_cancels_and_nothing_else_can_be_changed(slow):
    startRun(slow)
    assert slow.button.text == "Cancel" and slow.button.enabled
    assert slow.host.processEvents(60, until=lambda: slow.panel.taskPanel._ui.stageText.text.startswith("Segment left"))
    assert not slow.panel.inputPanel._ui.inputSelector.enabled
    assert not slow.panel.advancedPanel.widget.enabled
    slow.click()
    slow.wait()
    assert slow.button.text == "Segment Femur" and slow.panel.inputPanel._ui.inputSelector.enabled


@pytest.mark.parametrize("manner", ["slow", "deaf"])
def test_cancel_leaves_the_scene_as_it_was_and_the_next_run_works(openPanel, manner):
    bench = openPanel(manner)
    before = nodeIds()
    startRun(bench)
    pid = bench.client.pid
    assert bench.host.processEvents(60, until=lambda: bench.panel.taskPanel._ui.stageText.text.startswith("Segment"))
    bench.click()
    bench.wait()
    assert bench.message == "Canceled: the scene is as it was."
    assert nodeIds() == before and bench.result is None and bench.panel.reviewPanel.session is None
    assert alive(pid) == (manner == "slow")  # A worker that answers keeps its models.
    node(bench).confidence = 0.5  # From now on the stand-in is quick.
    assert bench.run() is not None


def test_cancel_while_the_worker_starts(slow):
    before = nodeIds()
    slow.click()
    slow.click()
    slow.wait()
    assert nodeIds() == before and slow.message == "Canceled: the scene is as it was."


def test_deleting_the_image_stops_its_run(slow):
    import slicer

    startRun(slow)
    slicer.mrmlScene.RemoveNode(slicer.util.getNode("Legs"))
    slow.wait()
    assert slow.message == "The image was removed from the scene, so the run was stopped."
    addLegs("Others")
    node(slow).confidence = 0.5
    assert slow.run().volumeNode.GetName() == "Others"


def test_closing_the_scene_stops_the_run_and_leaves_an_empty_scene(slow):
    import slicer

    slow.host.clearScene()
    before = {node.GetClassName() for node in slicer.util.getNodesByClass("vtkMRMLNode")}
    addLegs()
    startRun(slow)
    slow.host.clearScene()
    slow.wait()
    assert slow.message == "The scene was closed, so the run was stopped."
    assert {node.GetClassName() for node in slicer.util.getNodesByClass("vtkMRMLNode")} == before
    assert not slow.button.enabled and slow.result is None


def test_reloading_the_module_during_a_run_ends_its_worker(slow):
    startRun(slow)
    before, pid, folder = nodeIds(), slow.client.pid, slow.controller._folder
    slow.module = slow.host.reloadModule("OrthoAI")
    assert slow.host.processEvents(10, until=lambda: not alive(pid))
    assert nodeIds() == before and not folder.exists()
    assert slow.button.text == "Segment Femur" and slow.button.enabled
    node(slow).confidence = 0.5
    assert slow.run() is not None


def test_leaving_slicer_during_a_run_ends_the_worker(slow):
    startRun(slow)
    pid = slow.client.pid
    slow.host.close()
    assert slow.host.processEvents(10, until=lambda: not alive(pid))


@pytest.mark.slow
def test_killing_the_worker_twenty_times_leaves_a_working_panel_and_a_clear_message(slow):
    chance = random.Random(20)
    before = nodeIds()
    for _ in range(20):
        slow.click()
        assert slow.host.processEvents(60, until=lambda: slow.client is not None and slow.client.pid is not None)
        slow.host.processEvents(chance.uniform(0.0, 1.0))
        if slow.client.pid is not None:
            os.kill(slow.client.pid, signal.SIGKILL)
        slow.wait()
        assert slow.message.endswith(".") and "again" in slow.message and "worker" in slow.message.lower()
        assert slow.button.enabled and slow.button.text == "Segment Femur"
        assert nodeIds() == before
    node(slow).confidence = 0.5
    assert slow.run() is not None and slow.message == "Segment Femur is done."


def test_a_result_comes_back_with_a_saved_scene(bench, tmp_path):
    import slicer

    result = bench.run()
    center = list(result.boxes[0].GetCenter())
    center[2] += 8.0
    result.boxes[0].SetCenter(center)
    bench.host.saveScene(tmp_path / "scene.mrb")
    bench.host.clearScene()
    assert bench.result is None and not bench.button.enabled
    bench.host.loadScene(tmp_path / "scene.mrb")
    again = bench.result
    assert again.resultId == result.resultId == node(bench).resultId
    assert again.volumeNode is node(bench).inputVolume is slicer.util.getNode("Legs")
    assert list(again.boxes[0].GetCenter()) == pytest.approx(center)
    assert segmentVoxels(again, "femur_left", again.volumeNode).any()
    assert again.findingsTable.GetNumberOfRows() == 2
    assert bench.panel.resultPanel._ui.findingsTable.rowCount == 2


def test_the_keys_run_and_cancel_only_while_the_module_is_open(slow):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    window = slow.module.parent
    control = Qt.KeyboardModifier.ControlModifier
    slow.module.widget.exit()
    QTest.keyClick(window, Qt.Key.Key_Return, control)
    assert slow.state == "idle"
    slow.module.widget.enter()
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_Return, control)
    assert slow.state != "idle"
    QTest.keyClick(window, Qt.Key.Key_Backspace, control)
    slow.wait()
    assert slow.message == "Canceled: the scene is as it was."


def test_the_result_of_the_chosen_image_is_shown(bench):
    first = bench.run()
    other = addLegs("Other")
    node(bench).inputVolume = other
    assert bench.result is None
    node(bench).inputVolume = first.volumeNode
    assert bench.result.resultId == first.resultId


def visible(result) -> list[bool]:
    """Of the masks and of each box."""
    return [bool(node.GetDisplayNode().GetVisibility()) for node in (result.segmentation, *result.boxes)]


def test_only_the_shown_result_is_drawn_whatever_its_image(bench):
    first = bench.run()
    node(bench).inputVolume = addLegs("Thick series of the same exam")
    earlier, later = bench.run(), bench.run()
    assert all(visible(later)) and not any(visible(earlier)) and not any(visible(first))
    node(bench).inputVolume = first.volumeNode
    assert bench.result.resultId == first.resultId
    assert all(visible(first)) and not any(visible(later)) and not any(visible(earlier))
    node(bench).inputVolume = later.volumeNode
    assert bench.result.resultId == later.resultId and all(visible(later)) and not any(visible(first))


def test_what_a_reviewer_hides_or_shows_stays_so(bench, tmp_path):
    import slicer

    first = bench.run()
    first.boxes[0].GetDisplayNode().SetVisibility(False)
    node(bench).confidence = 0.5
    assert visible(first) == [True, False, True]
    node(bench).inputVolume = addLegs("Other")
    second = bench.run()
    first.segmentation.GetDisplayNode().SetVisibility(True)  # To compare the two.
    slicer.mrmlScene.RemoveNode(second.boxes[0])
    assert visible(first) == [True, False, False] and visible(bench.result) == [True, True]
    node(bench).inputVolume = first.volumeNode
    assert visible(first) == [True, False, True]
    bench.host.saveScene(tmp_path / "scene.mrb")
    bench.host.clearScene()
    bench.host.loadScene(tmp_path / "scene.mrb")
    assert bench.result.resultId == first.resultId and visible(bench.result) == [True, False, True]


def test_a_result_that_the_user_deletes_is_not_shown_anymore(bench):
    import slicer

    result = bench.run()
    result.remove(slicer.mrmlScene)
    bench.host.processEvents()
    assert bench.result is None


def test_deleting_a_box_takes_the_verdict_back_and_says_so(bench):
    import slicer
    from orthoai.review import Verdict

    result = bench.run()
    review = bench.panel.reviewPanel
    assert bench.host.processEvents(10, until=lambda: review.session is not None)
    review.session.decide(Verdict.APPROVED)
    review.session.markSaved(1)
    slicer.mrmlScene.RemoveNode(result.boxes[0])
    assert bench.host.processEvents(10, until=lambda: review.session is not None)
    assert len(bench.result.boxes) == len(result.boxes) - 1
    assert review.session.state.verdict is None and review.session.isUnsaved
    assert "decide again" in review.notice.text


def test_the_review_opens_with_the_result_and_closes_with_the_scene(bench):
    sections = (bench.panel.ui.resultSection, bench.panel.ui.reviewSection)
    assert all(section.collapsed for section in sections) and bench.panel.reviewPanel.session is None
    bench.run()
    assert bench.host.processEvents(10, until=lambda: bench.panel.reviewPanel.session is not None)
    assert not any(section.collapsed for section in sections)
    bench.host.clearScene()
    assert all(section.collapsed for section in sections) and bench.panel.reviewPanel.session is None


def test_a_changed_class_a_verdict_and_a_comment_come_back_with_a_saved_scene(bench, tmp_path):
    from orthoai.review import Verdict

    bench.run()
    review = bench.panel.reviewPanel
    assert bench.host.processEvents(10, until=lambda: review.session is not None)
    # No task of today has findings of several classes, but the table lets every finding be another structure's.
    bench.panel.resultPanel._onClassChosen(0, "femur_right")
    review.verdicts.choose(Verdict.CORRECTED)
    review.session.setComment("The side is wrong.")
    bench.host.saveScene(tmp_path / "scene.mrb")
    bench.host.clearScene()
    bench.host.loadScene(tmp_path / "scene.mrb")
    assert bench.host.processEvents(10, until=lambda: review.session is not None)
    state = review.session.state
    assert (state.verdict, state.comment) == (Verdict.CORRECTED, "The side is wrong.")
    assert (node(bench).verdict, node(bench).comment) == ("corrected", "The side is wrong.")
    assert [change.kind for change in review.session.review().changes] == ["class"]


def test_the_tab_key_goes_through_the_panel_from_top_to_bottom(bench):
    from PySide6.QtCore import QObject, QPoint, Qt
    from PySide6.QtWidgets import QWidget

    row = 12  # Pixels: what stands in one line.
    bench.run()
    assert bench.host.processEvents(10, until=lambda: bench.panel.reviewPanel.session is not None)
    top = bench.panel.widget
    bench.panel.ui.advancedSection.collapsed = False
    bench.module.parent.show()
    bench.host.processEvents()
    heights, widget = [], QWidget.nextInFocusChain(top)
    while widget is not top:
        isReached = QWidget.isVisible(widget) and QWidget.focusPolicy(widget) & Qt.FocusPolicy.TabFocus
        name = QObject.objectName(widget)
        # The image selector is Slicer's own, of several parts, behind which no other widget can be put by its name.
        if isReached and QWidget.isAncestorOf(top, widget) and name != "tasksSection":
            heights.append((QWidget.mapTo(widget, top, QPoint(0, 0)).y() // row, name))
        widget = QWidget.nextInFocusChain(widget)
    start = [name for _, name in heights].index("inputSection")
    names = [name for _, name in heights[start:] + heights[:start]]
    assert len(names) > 25
    ordered = [y for y, _ in heights[start:] + heights[:start]]
    assert ordered == sorted(ordered), names
