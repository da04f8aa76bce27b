"""A walk through a worklist in the review panel."""

from __future__ import annotations

import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from review_room import CASES, caseText, click, exportAndWait, findingClass, openFolder, press, review, typeInto


def approveFirst(room, folder):
    """Approve the first case of ``folder``, to be exported into the room's training set."""
    room.child("exportFolder").setCurrentPath(str(room.training))
    openFolder(room, folder)
    click(room, "nextButton")
    review(room)
    click(room, "approveButton")


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


def test_next_open_passes_what_was_decided_and_says_when_all_is(room, folder):
    openFolder(room, folder)
    for button in ("nextOpenButton", None, "nextOpenButton"):
        if button is None:
            press(room, "Ctrl+Shift+PgDown")
        else:
            click(room, button)
        review(room)
        click(room, "rejectButton")
    assert caseText(room) == "Case 3 of 3 (Rejected), 3 of 3 decided"
    click(room, "nextOpenButton")
    assert caseText(room).startswith("Case 3 of 3")
    assert room.child("noticeText").text == "All other cases are decided."


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


def test_a_verdict_does_not_go_to_a_case_of_the_same_name_in_another_folder(room, folder, tmp_path):
    from orthoai.review import Verdict
    from OrthoAILib.Panels.Ask import Answer
    from OrthoAILib.Review.Worklist import Worklist

    other = shutil.copytree(folder, tmp_path / "other")
    openFolder(room, folder)
    click(room, "nextButton")
    review(room)
    openFolder(room, other)
    click(room, "rejectButton")
    assert caseText(room) == "0 of 3 decided"
    room.ask.answers = [Answer.STAY]
    click(room, "nextButton")
    assert room.ask.asked == [False] and Worklist(other).decided == 0
    openFolder(room, folder)
    assert caseText(room).startswith("Case 1 of 3")
    click(room, "nextButton")
    kept = Worklist(folder)
    assert kept.state(kept.cases[0]).verdict is Verdict.REJECTED and len(room.ask.asked) == 1


def forgetPath(volumeNode):
    """As in a scene of an older version, which kept the case's name only."""
    volumeNode.SetAttribute("OrthoAI.WorklistPath", None)


def forgetFile(volumeNode):
    """As in a scene bundle, whose images are copies."""
    forgetPath(volumeNode)
    volumeNode.GetStorageNode().SetFileName(f"/gone/scene/Data/{CASES[0]}")


def mountElsewhere(volumeNode):
    volumeNode.SetAttribute("OrthoAI.WorklistPath", f"/gone/cases/{CASES[0]}")


@pytest.mark.parametrize("age", [forgetPath, forgetFile, mountElsewhere])
def test_a_case_of_an_old_or_moved_scene_is_still_the_worklists(room, folder, age):
    openFolder(room, folder)
    click(room, "nextButton")
    age(room.node.inputVolume)
    review(room)
    click(room, "rejectButton")
    assert caseText(room) == "Case 1 of 3 (Rejected), 1 of 3 decided"
    click(room, "nextButton")
    assert room.ask.asked == [] and caseText(room).startswith("Case 2 of 3")
    names = [node.GetName() for node in room.host.scene.GetNodesByClass("vtkMRMLScalarVolumeNode")]
    assert names == ["CT", "case2"]


@pytest.mark.parametrize("path", ["", f"/gone/others/{CASES[0]}"])
def test_a_case_of_an_old_scene_from_another_folder_is_not_taken(room, folder, tmp_path, path):
    other = shutil.copytree(folder, tmp_path / "other")
    openFolder(room, other)
    click(room, "nextButton")
    room.node.inputVolume.SetAttribute("OrthoAI.WorklistPath", path or None)
    review(room)
    openFolder(room, folder)
    click(room, "rejectButton")
    assert caseText(room) == "0 of 3 decided"


def test_an_old_scenes_series_is_known_by_the_folder_of_its_files(host, tmp_path):
    from OrthoAILib.Panels.CaseLoader import CASE_ATTRIBUTE, caseOf

    volumeNode = host.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    volumeNode.SetAttribute(CASE_ATTRIBUTE, "patient/series")
    volumeNode.AddDefaultStorageNode(str(tmp_path / "patient" / "series" / "0.dcm"))
    assert caseOf(volumeNode).path == tmp_path / "patient" / "series"
    volumeNode.GetStorageNode().SetFileName(str(tmp_path / "CT.nrrd"))
    assert caseOf(volumeNode).path == Path("patient/series")


def test_an_unsaved_review_is_not_left_without_a_question(room, folder):
    from OrthoAILib.Panels.Ask import Answer

    openFolder(room, folder)
    click(room, "nextButton")
    nodes = review(room)
    room.reviews.setFindingClass(nodes, 0, "femur_right")
    room.ask.answers = [Answer.STAY, Answer.DISCARD]
    click(room, "nextButton")
    assert room.ask.asked == [False] and caseText(room).startswith("Case 1 of 3")
    assert findingClass(nodes, 0) == "femur_right"
    press(room, "Ctrl+PgDown")
    assert caseText(room).startswith("Case 2 of 3")


def test_another_result_of_the_image_is_not_lost_without_a_question(room, folder):
    from OrthoAILib.Panels.Ask import Answer

    openFolder(room, folder)
    click(room, "nextButton")
    first = review(room)
    room.reviews.setFindingClass(first, 0, "femur_right")
    review(room)
    room.ask.answers = [Answer.STAY, Answer.DISCARD]
    click(room, "nextButton")
    assert caseText(room).startswith("Case 1 of 3")
    assert findingClass(first, 0) == "femur_right"
    click(room, "nextButton")
    assert caseText(room).startswith("Case 2 of 3")
    assert room.ask.asked == [False, False] and room.ask.others == ["Segment Femur", "Segment Femur"]


def test_a_verdict_that_an_edit_took_back_is_not_in_the_worklist(room, folder, paintOn):
    openFolder(room, folder)
    click(room, "nextButton")
    nodes = review(room)
    click(room, "approveButton")
    assert caseText(room) == "Case 1 of 3 (Approved), 1 of 3 decided"
    paintOn(nodes)
    room.panel.session.settle()
    assert caseText(room) == "Case 1 of 3 (open), 0 of 3 decided"


def test_a_verdict_that_was_discarded_is_not_in_the_worklist(room, folder):
    from OrthoAILib.Panels.Ask import Answer

    openFolder(room, folder)
    click(room, "nextButton")
    review(room)
    click(room, "approveButton")
    room.ask.answers = [Answer.DISCARD]
    click(room, "nextButton")
    assert caseText(room) == "Case 2 of 3 (open), 0 of 3 decided"


def test_what_was_exported_stays_decided_when_later_words_are_discarded(room, folder):
    from OrthoAILib.Panels.Ask import Answer

    approveFirst(room, folder)
    exportAndWait(room)
    room.panel.session.setComment("later")
    room.ask.answers = [Answer.DISCARD]
    click(room, "nextButton")
    assert caseText(room) == "Case 2 of 3 (open), 1 of 3 decided"


@pytest.mark.parametrize("button", ["rejectButton", "flagButton"])
def test_a_case_that_was_exported_is_not_out_of_the_training_set_before_its_folder_is(room, folder, button):
    from orthoai.dataset import Dataset
    from OrthoAILib.Panels.Ask import Answer

    approveFirst(room, folder)
    exportAndWait(room)
    click(room, button)
    (case,) = Dataset(room.training).cases()
    assert f"still in the training set: delete its folder cases/{case.name}" in room.child("noticeText").text
    assert room.panel.session.isUnsaved
    room.ask.answers = [Answer.STAY]
    click(room, "nextButton")
    assert room.ask.asked == [False] and caseText(room).startswith("Case 1 of 3")
    shutil.rmtree(case.path)
    click(room, "nextButton")
    assert room.ask.asked == [False] and caseText(room) == "Case 2 of 3 (open), 1 of 3 decided"


@pytest.mark.parametrize("button", ["rejectButton", "flagButton"])
def test_a_case_that_was_exported_is_taken_out_of_all_training_sets_where_the_reviewer_says_so(
    room, folder, tmp_path, button
):
    from orthoai.dataset import Dataset

    approveFirst(room, folder)
    exportAndWait(room)
    other = tmp_path / "other"
    room.child("exportFolder").setCurrentPath(str(other))
    click(room, "rejectButton")
    click(room, "approveButton")
    exportAndWait(room)
    (case,) = Dataset(room.training).cases()
    room.ask.withdraw = True
    click(room, button)
    assert room.ask.exported[-1] == f"cases/{case.name} and {case.path}"
    assert Dataset(room.training).cases() == Dataset(other).cases() == []
    kept = [place / "withdrawn" / case.name / "0001" for place in (other, room.training)]
    assert all(sorted(path.name for path in place.iterdir())[0] == "case.json" for place in kept)
    assert "No installed model learned from it" in room.child("noticeText").text
    assert not room.panel.session.isUnsaved
    click(room, "nextButton")
    assert room.ask.asked == [] and caseText(room) == "Case 2 of 3 (open), 1 of 3 decided"


def test_a_case_that_cannot_be_taken_out_is_told_and_stays_unsaved(room, folder):
    from orthoai.dataset import Dataset

    approveFirst(room, folder)
    exportAndWait(room)
    (room.training / "withdrawn").write_text("a file in the way")
    room.ask.withdraw = True
    click(room, "rejectButton")
    assert "a file is in the way" in room.child("noticeText").text
    assert room.panel.session.isUnsaved and len(Dataset(room.training).cases()) == 1


def test_a_case_that_was_exported_to_another_training_set_is_told_when_it_is_rejected(room, folder, tmp_path):
    from orthoai.dataset import Dataset

    approveFirst(room, folder)
    exportAndWait(room)
    (case,) = Dataset(room.training).cases()
    room.child("exportFolder").setCurrentPath(str(tmp_path / "other"))
    click(room, "rejectButton")
    assert f"still in the training set: delete its folder {case.path} there" in room.child("noticeText").text
    assert room.panel.session.isUnsaved
    # The scene knows it, too: a later session tells the same.
    room.panel.setResult(room.panel.session.nodes, room.node.inputVolume)
    click(room, "approveButton")
    exportAndWait(room)
    click(room, "flagButton")
    assert f"its folder cases/{case.name} and {case.path} there" in room.child("noticeText").text
    for place in (room.training, tmp_path / "other"):
        shutil.rmtree(place)
    room.panel.walk.keep(room.panel.session)
    assert not room.panel.session.isUnsaved


def test_a_training_set_that_cannot_be_looked_into_does_not_keep_a_case_from_being_rejected(room, folder):
    approveFirst(room, folder)
    exportAndWait(room)
    # Longer than any name may be: looking there fails, as on a share that is closed to us now.
    room.panel.session.markSaved(trainingSet=str(folder / ("x" * 300)))
    click(room, "rejectButton")
    assert "still in the training set" in room.child("noticeText").text


def test_save_puts_the_case_into_the_training_set_before_the_next_one_opens(room, folder):
    from orthoai.dataset import Dataset
    from OrthoAILib.Panels.Ask import Answer

    approveFirst(room, folder)
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


def test_of_a_study_only_the_largest_series_stays_in_the_scene(room, tmp_path, monkeypatch):
    import slicer

    series = {"thin": (40, 20, 20), "thick": (30, 20, 20), "scout": (1, 20, 20)}

    def load(patient):
        """As DICOMLib does with a study: all its series, and for the second case a report without any image."""
        if caseText(room).startswith("Case 1"):
            return [slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "report").GetID()]
        return [slicer.util.addVolumeFromArray(np.zeros(n, np.int16), None, name).GetID() for name, n in series.items()]

    utils = SimpleNamespace(
        TemporaryDICOMDatabase=lambda: nullcontext(SimpleNamespace(patients=lambda: ["1"])),
        importDicom=lambda folder, database: None,
        loadPatientByUID=load,
    )
    monkeypatch.setitem(sys.modules, "DICOMLib", SimpleNamespace(DICOMUtils=utils))
    for name in ("study1", "study2"):
        (tmp_path / "dicom" / name).mkdir(parents=True)
        (tmp_path / "dicom" / name / "0.dcm").write_bytes(bytes(128) + b"DICM")
    openFolder(room, tmp_path / "dicom")
    click(room, "nextButton")
    assert [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")] == ["CT", "thin"]
    click(room, "nextButton")
    assert "could not be read" in room.child("noticeText").text
    assert [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")] == ["CT"]
    assert "report" not in [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLTextNode")]


@pytest.mark.parametrize("newer", ["", "There is nothing to undo."])
def test_a_read_only_folder_keeps_its_progress_in_the_training_set(room, folder, monkeypatch, newer):
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
    review(room)
    click(room, "rejectButton")
    assert "read-only" in room.child("noticeText").text
    if newer:
        room.panel.notice.say(newer)
    room.child("exportFolder").setCurrentPath(str(room.training))
    assert room.child("noticeText").text == newer
    assert caseText(room) == "Case 1 of 3 (Rejected), 1 of 3 decided"
    click(room, "nextButton")
    assert room.ask.asked == []
    assert sorted(path.name for path in folder.iterdir() if path.suffix != ".lock") == sorted(CASES)
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
