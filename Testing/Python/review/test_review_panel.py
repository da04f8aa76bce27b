"""The review panel in the host, with real clicks and keys: decide, undo, export, walk through a worklist."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

CASES = ("case1.nrrd", "case2.nrrd", "case10.nrrd")


class Questions:
    """Answers what the panel asks, in the order queued, and fails when nothing is queued."""

    def __init__(self) -> None:
        self.answers, self.asked = [], []

    def __call__(self, canSave: bool) -> object:
        self.asked.append(canSave)
        return self.answers.pop(0)


@pytest.fixture
def room(host, addResult, tmp_path):
    """The panel on a small result, entered, with a parameter node, and wired as the module does it."""
    import slicer
    import vtk
    from orthoai.tasks import get_task
    from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
    from OrthoAILib.Panels.ReviewPanel import ReviewPanel
    from OrthoAILib.ParameterNode import OrthoAIParameterNode

    ask = Questions()
    panel = ReviewPanel(ask=ask)
    node = OrthoAIParameterNode(host.scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))
    shown = addResult(host.scene)
    node.inputVolume = shown.volumeNode

    def follow(caller=None, event=None):
        """The shell's part: no result is shown for an image that has none."""
        if panel.session is not None and node.inputVolume is not panel.session.volumeNode:
            panel.setResult(None, node.inputVolume, None)

    def show(parts):
        node.inputVolume = parts.volumeNode
        panel.setResult(parts.nodes, parts.volumeNode, get_task("femur"))

    tag = node.parameterNode.AddObserver(vtk.vtkCommand.ModifiedEvent, follow)
    panel.setParameterNode(node)
    show(shown)
    panel.widget.resize(420, 900)
    panel.widget.show()
    panel.widget.activateWindow()
    panel.enter()
    host.processEvents()
    yield SimpleNamespace(
        panel=panel,
        node=node,
        ask=ask,
        host=host,
        training=tmp_path / "training",
        reviews=ReviewBridge(host.scene),
        child=lambda name: slicer.util.findChild(panel.widget, name),
        show=show,
        **vars(shown),
    )
    panel.cleanup()
    node.parameterNode.RemoveObserver(tag)
    panel.widget.deleteLater()
    host.processEvents()


@pytest.fixture
def folder(tmp_path, smallResult):
    """A worklist of three small images."""
    from orthoai.io.write import write_volume
    from orthoai.volume import Volume

    result = smallResult()
    folder = tmp_path / "cases"
    folder.mkdir()
    for number, name in enumerate(CASES):
        voxels = np.full(result.geometry.shape, number, np.int16)
        write_volume(Volume(voxels, result.geometry), folder / name)
    return folder


def click(room, name):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(room.child(name), Qt.MouseButton.LeftButton)
    room.host.processEvents()


def press(room, keys):
    """As Ctrl+Shift+A: the key goes to the window, and Qt finds the shortcut."""
    from PySide6.QtGui import QKeySequence
    from PySide6.QtTest import QTest

    combination = QKeySequence(keys)[0]
    QTest.keyClick(room.panel.widget, combination.key(), combination.keyboardModifiers())
    room.host.processEvents()


def typeInto(room, name, text):
    from PySide6.QtTest import QTest

    room.child(name).setFocus()
    QTest.keyClicks(room.child(name), text)
    room.host.processEvents()


def down(room):
    names = ("approveButton", "correctButton", "rejectButton", "flagButton")
    return [name for name in names if room.child(name).checked]


def exportAndWait(room):
    click(room, "exportButton")
    assert room.host.processEvents(until=lambda: not room.panel.export.isBusy)


def state(room):
    return room.panel.session.state


# Verdict and words


def test_a_verdict_is_given_with_a_click_and_taken_back_with_another(room):
    click(room, "approveButton")
    assert down(room) == ["approveButton"] and room.node.verdict == "approved"
    click(room, "flagButton")
    assert down(room) == ["flagButton"] and room.node.verdict == "flagged"
    click(room, "flagButton")
    assert down(room) == [] and room.node.verdict == ""


@pytest.mark.parametrize(
    ("keys", "button"),
    [
        ("Ctrl+Shift+A", "approveButton"),
        ("Ctrl+Shift+C", "correctButton"),
        ("Ctrl+Shift+R", "rejectButton"),
        ("Ctrl+Shift+F", "flagButton"),
    ],
)
def test_a_verdict_is_given_from_the_keyboard_and_its_keys_stand_in_the_tooltip(room, keys, button):
    press(room, keys)
    press(room, keys)
    assert down(room) == [button]
    assert f"({keys})" in room.child(button).toolTip


def test_keys_do_nothing_once_the_module_is_left(room):
    room.panel.exit()
    press(room, "Ctrl+Shift+A")
    assert down(room) == []
    room.panel.enter()
    press(room, "Ctrl+Shift+A")
    assert down(room) == ["approveButton"]


def test_words_are_kept_with_the_case_as_they_are_typed(room):
    typeInto(room, "commentEdit", "Cortex thin")
    typeInto(room, "reviewerEdit", "MH")
    assert (state(room).comment, state(room).reviewer) == ("Cortex thin", "MH")
    assert (room.node.comment, room.node.reviewer) == ("Cortex thin", "MH")
    review = room.panel.session.review()
    assert (review.comment, review.reviewer) == ("Cortex thin", "MH")


def test_the_reviewers_name_is_there_for_the_next_result(room, addResult):
    typeInto(room, "reviewerEdit", "MH")
    room.show(addResult(room.host.scene, "cd" * 32))
    assert room.child("reviewerEdit").text == "MH" and state(room).comment == ""


def test_each_result_of_a_scene_keeps_its_own_review(room, addResult):
    click(room, "rejectButton")
    typeInto(room, "commentEdit", "wrong side")
    other = addResult(room.host.scene, "cd" * 32)
    room.show(other)
    assert down(room) == [] and room.child("commentEdit").text == ""
    room.show(room)
    assert down(room) == ["rejectButton"] and room.child("commentEdit").text == "wrong side"


def test_an_edit_after_the_verdict_asks_for_another_one(room):
    click(room, "approveButton")
    room.reviews.setFindingClass(room.nodes, 0, "femur_right")
    room.host.processEvents()
    assert down(room) == [] and "decide again" in room.child("noticeText").text


# Undo


def erase(nodes, segmentId):
    """As the Segment Editor's eraser does."""
    import slicer

    empty = slicer.vtkOrientedImageData()
    empty.DeepCopy(nodes.segmentation.GetSegmentation().GetSegment(segmentId).GetRepresentation("Binary labelmap"))
    empty.GetPointData().GetScalars().Fill(0)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    assert logic.SetBinaryLabelmapToSegment(empty, nodes.segmentation, segmentId, logic.MODE_REPLACE)


def test_undo_and_redo_of_a_class_with_the_buttons_and_the_keys(room):
    room.reviews.setFindingClass(room.nodes, 0, "femur_right")
    assert "Femur left: Present to Femur right (Ctrl+Z)" in room.child("undoButton").toolTip
    click(room, "undoButton")
    assert room.reviews.findingClass(room.nodes, 0) == "present"
    press(room, "Ctrl+Shift+Z")
    assert room.reviews.findingClass(room.nodes, 0) == "femur_right"
    press(room, "Ctrl+Z")
    assert room.reviews.findingClass(room.nodes, 0) == "present"


def test_a_dragged_box_becomes_one_edit_when_it_rests(room):
    box = room.nodes.boxes[0]
    before = list(box.GetCenter())
    for step in range(1, 5):
        box.SetCenter(before[0] + step, before[1], before[2])
        room.host.processEvents()
    assert room.host.processEvents(until=lambda: room.panel.session.isUnsaved)
    click(room, "undoButton")
    assert list(box.GetCenter()) == pytest.approx(before)
    assert not room.child("undoButton").enabled


def test_undo_takes_a_stroke_back_before_the_box_that_was_moved_earlier(room):
    editor = room.child("segmentEditor")
    before = list(room.nodes.boxes[0].GetCenter())
    room.nodes.boxes[0].SetCenter(before[0] + 1, before[1], before[2])
    room.panel.session.settle()
    editor.saveStateForUndo()
    erase(room.nodes, "femur_left")
    voxels = room.reviews.result(room.nodes, room.volumeNode).segmentation
    assert not (voxels == 1).any()
    press(room, "Ctrl+Z")
    voxels = room.reviews.result(room.nodes, room.volumeNode).segmentation
    assert np.array_equal(voxels, room.result.segmentation)
    assert list(room.nodes.boxes[0].GetCenter()) == pytest.approx([before[0] + 1, *before[1:]])
    press(room, "Ctrl+Z")
    assert list(room.nodes.boxes[0].GetCenter()) == pytest.approx(before)


# Export


def test_approve_and_export_write_a_case_that_the_data_set_verifies(room):
    from orthoai.dataset import Dataset
    from orthoai.review import Verdict

    room.child("exportFolder").setCurrentPath(str(room.training))
    assert room.node.exportFolder == str(room.training)
    room.reviews.setFindingClass(room.nodes, 1, "femur_left")
    typeInto(room, "reviewerEdit", "MH")
    click(room, "correctButton")
    exportAndWait(room)
    dataset = Dataset(room.training)
    assert dataset.verify() == []
    (case,) = dataset.cases()
    review = case.review()
    assert (review.verdict, review.reviewer, review.revision) == (Verdict.CORRECTED, "MH", 1)
    assert review.result.findings[1].label == "femur_left"
    assert np.array_equal(case.labels().voxels, room.result.segmentation)
    assert not room.panel.session.isUnsaved and room.node.revision == 1
    assert case.name in room.child("noticeText").text and "Revision 1" in room.child("stateText").text


def test_a_second_export_is_the_next_revision(room):
    from orthoai.dataset import Dataset

    room.child("exportFolder").setCurrentPath(str(room.training))
    click(room, "approveButton")
    exportAndWait(room)
    typeInto(room, "commentEdit", "again")
    exportAndWait(room)
    (case,) = Dataset(room.training).cases()
    assert case.lineage.revision == 2 and room.node.revision == 2


def test_the_export_button_says_why_it_cannot_be_pressed(room):
    button = room.child("exportButton")
    assert not button.enabled and "Decide first" in button.toolTip
    click(room, "rejectButton")
    assert "does not go into" in button.toolTip
    click(room, "approveButton")
    assert "Choose a folder" in button.toolTip
    room.child("exportFolder").setCurrentPath(str(room.training))
    assert button.enabled and "(Ctrl+Shift+E)" in button.toolTip
    room.panel.setEnabled(False)
    assert not button.enabled and "running" in button.toolTip


def test_export_by_keyboard_says_what_is_missing(room):
    press(room, "Ctrl+Shift+E")
    assert "Decide first" in room.child("noticeText").text


def test_an_export_that_fails_leaves_the_review_unsaved_and_says_why(room, tmp_path):
    (tmp_path / "file").write_text("in the way")
    room.child("exportFolder").setCurrentPath(str(tmp_path / "file"))
    click(room, "approveButton")
    exportAndWait(room)
    assert room.panel.session.isUnsaved and room.child("noticeText").text
    assert down(room) == ["approveButton"]


def test_every_format_of_the_registry_has_a_box_that_names_it(room):
    from orthoai.dataset.exporters import all_exporters

    assert all_exporters()
    for exporter in all_exporters():
        assert room.panel.exportForm.formatBox(exporter.name).text == exporter.title
    assert room.panel.exportForm.formats == ()
    room.panel.exportForm.formatBox("monai").click()
    assert room.panel.exportForm.formats == ("monai",)


@pytest.mark.slow
def test_a_ticked_format_is_written_by_the_worker(room):
    room.child("exportFolder").setCurrentPath(str(room.training))
    room.panel.exportForm.formatBox("monai").click()
    click(room, "approveButton")
    click(room, "exportButton")
    assert room.host.processEvents(seconds=120, until=lambda: not room.panel.export.isBusy)
    assert list((room.training / "formats" / "monai").glob("*.json")), room.child("noticeText").text


# Worklist


def openFolder(room, folder):
    room.child("worklistFolder").setCurrentPath(str(folder))
    room.host.processEvents()


def caseText(room):
    return room.child("caseText").text


def review(room, addResultOn=None):
    """A result on the image that is open, as a run would leave it."""
    import slicer
    from orthoai.tasks import get_task
    from OrthoAILib.Bridge.ResultBridge import ResultBridge

    nodes = ResultBridge(slicer.mrmlScene).show(room.result, room.node.inputVolume)
    room.panel.setResult(nodes, room.node.inputVolume, get_task("femur"))
    return nodes


def test_next_and_previous_walk_through_the_folder(room, folder):
    openFolder(room, folder)
    assert room.node.worklistFolder == str(folder) and caseText(room) == "0 of 3 decided"
    assert not room.child("previousButton").enabled
    opened = []
    room.panel.openCaseRequested.connect(opened.append)
    for number, name in enumerate(CASES):
        click(room, "nextButton")
        assert room.node.inputVolume.GetAttribute("OrthoAI.WorklistCase") == name
        assert caseText(room).startswith(f"Case {number + 1} of 3 (open)")
    assert not room.child("nextButton").enabled
    press(room, "Ctrl+PgUp")
    assert caseText(room).startswith("Case 2 of 3")
    assert [Path(path).name for path in opened] == [*CASES, CASES[1]]


def test_the_case_that_is_left_is_taken_out_of_the_scene_and_other_images_stay(room, folder):
    openFolder(room, folder)
    click(room, "nextButton")
    review(room)
    click(room, "nextButton")
    scene = room.host.scene
    names = [
        scene.GetNthNodeByClass(n, "vtkMRMLScalarVolumeNode").GetAttribute("OrthoAI.WorklistCase")
        for n in range(scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode"))
    ]
    assert names == [None, CASES[1]]
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 1


def test_verdicts_are_remembered_for_the_next_session(room, folder):
    openFolder(room, folder)
    click(room, "nextButton")
    review(room)
    click(room, "flagButton")
    typeInto(room, "commentEdit", "ask MR")
    assert caseText(room) == "Case 1 of 3 (Flagged), 1 of 3 decided"
    click(room, "nextButton")
    assert room.ask.asked == []

    from OrthoAILib.Review.Worklist import Worklist

    again = Worklist(folder)
    assert again.current.name == CASES[1]
    kept = again.state(again.cases[0])
    assert (kept.verdict.value, kept.comment) == ("flagged", "ask MR")


def test_the_walk_goes_on_with_the_case_that_was_open_last_time(room, folder):
    from OrthoAILib.Review.Worklist import Worklist

    earlier = Worklist(folder)
    earlier.open(earlier.cases[1])
    openFolder(room, folder)
    click(room, "nextButton")
    assert caseText(room).startswith("Case 2 of 3")


def test_an_unsaved_review_is_not_left_without_a_question(room, folder):
    from OrthoAILib.Panels.Ask import Answer

    openFolder(room, folder)
    click(room, "nextButton")
    nodes = review(room)
    room.reviews.setFindingClass(nodes, 0, "femur_right")
    room.ask.answers = [Answer.STAY, Answer.DISCARD]
    click(room, "nextButton")
    assert room.ask.asked == [False] and caseText(room).startswith("Case 1 of 3")
    assert room.reviews.findingClass(nodes, 0) == "femur_right"
    press(room, "Ctrl+PgDown")
    assert caseText(room).startswith("Case 2 of 3")


def test_save_puts_the_case_into_the_training_set_before_the_next_one_opens(room, folder):
    from orthoai.dataset import Dataset
    from OrthoAILib.Panels.Ask import Answer

    room.child("exportFolder").setCurrentPath(str(room.training))
    openFolder(room, folder)
    click(room, "nextButton")
    review(room)
    click(room, "approveButton")
    room.ask.answers = [Answer.SAVE]
    click(room, "nextButton")
    assert room.host.processEvents(until=lambda: caseText(room).startswith("Case 2 of 3"))
    assert room.ask.asked == [True]
    assert len(Dataset(room.training).cases()) == 1 and Dataset(room.training).verify() == []
    click(room, "previousButton")
    assert caseText(room) == "Case 1 of 3 (Approved), 1 of 3 decided"


def test_when_saving_fails_the_case_stays_open(room, folder, tmp_path):
    from OrthoAILib.Panels.Ask import Answer

    (tmp_path / "file").write_text("in the way")
    room.child("exportFolder").setCurrentPath(str(tmp_path / "file"))
    openFolder(room, folder)
    click(room, "nextButton")
    review(room)
    click(room, "approveButton")
    room.ask.answers = [Answer.SAVE]
    click(room, "nextButton")
    assert room.host.processEvents(until=lambda: not room.panel.export.isBusy)
    assert caseText(room).startswith("Case 1 of 3") and room.panel.session.isUnsaved


def test_an_image_that_cannot_be_read_is_named_as_such_and_the_walk_goes_on(room, folder):
    (folder / CASES[1]).write_text("no image")
    openFolder(room, folder)
    click(room, "nextButton")
    click(room, "nextButton")
    assert "could not be read" in room.child("noticeText").text
    assert room.node.inputVolume is None and room.panel.session is None
    click(room, "nextButton")
    assert caseText(room).startswith("Case 3 of 3") and room.child("noticeText").text == ""


def test_a_read_only_folder_keeps_its_progress_in_the_training_set(room, folder, monkeypatch):
    import errno

    from OrthoAILib.Review import WorklistFile

    write = WorklistFile.writeText

    def refuse(path, text):
        if path.parent == folder:
            raise OSError(errno.EROFS, "Read-only file system")
        write(path, text)

    monkeypatch.setattr(WorklistFile, "writeText", refuse)
    openFolder(room, folder)
    click(room, "nextButton")
    assert "read-only" in room.child("noticeText").text
    room.child("exportFolder").setCurrentPath(str(room.training))
    review(room)
    click(room, "rejectButton")
    assert not room.panel.session.isUnsaved
    assert sorted(path.name for path in folder.iterdir()) == sorted(CASES)
    assert [path.suffix for path in room.training.iterdir()] == [".json"]


def test_a_folder_that_goes_away_during_the_walk_does_no_harm(room, folder):
    openFolder(room, folder)
    shutil.rmtree(folder)
    click(room, "nextButton")
    assert "could not be read" in room.child("noticeText").text


def test_nothing_is_opened_during_a_run(room, folder):
    openFolder(room, folder)
    room.panel.setEnabled(False)
    press(room, "Ctrl+PgDown")
    click(room, "nextButton")
    assert room.node.inputVolume is room.volumeNode


# Scene and life


def test_the_review_survives_saving_and_loading_of_the_scene(room, tmp_path):
    from orthoai.tasks import get_task
    from OrthoAILib.Bridge.ResultBridge import ResultBridge

    room.reviews.setFindingClass(room.nodes, 0, "femur_right")
    click(room, "correctButton")
    typeInto(room, "commentEdit", "Seite")
    room.host.saveScene(tmp_path / "scene.mrb")
    room.panel.setParameterNode(None)
    assert room.child("commentEdit").text == "" and not room.child("approveButton").enabled
    room.host.loadScene(tmp_path / "scene.mrb")
    (nodes,) = ResultBridge(room.host.scene).load()
    room.panel.setResult(nodes, nodes.volumeNode, get_task("femur"))
    assert down(room) == ["correctButton"] and room.child("commentEdit").text == "Seite"
    assert room.panel.session.isUnsaved
    assert room.panel.session.review().result.findings[0].label == "femur_right"


def test_the_segment_editor_works_on_the_results_masks_over_its_image(room):
    editor = room.child("segmentEditor")
    assert editor.segmentationNode() is room.nodes.segmentation
    assert editor.sourceVolumeNode() is room.volumeNode
    room.panel.setResult(None, None, None)
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
    panel.setResult(shown.nodes, shown.volumeNode, None)
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
    texts = [dialog.text for dialog in host.askedDialogs]
    assert "not in the training set yet" in texts[0] and "no verdict" in texts[-1]
