"""Export from the review panel."""

from __future__ import annotations

import numpy as np
import pytest
from review_room import click, down, exportAndWait, press, typeInto


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


def test_the_revision_is_the_one_that_the_training_set_gave(room):
    from types import SimpleNamespace

    from orthoai.dataset import Dataset
    from OrthoAILib.Bridge.ResultBridge import ResultBridge

    room.child("exportFolder").setCurrentPath(str(room.training))
    typeInto(room, "reviewerEdit", "MH")
    click(room, "approveButton")
    exportAndWait(room)
    assert "It replaces" not in room.child("noticeText").text
    typeInto(room, "commentEdit", "again")
    exportAndWait(room)
    assert "It replaces" not in room.child("noticeText").text  # The reviewer knows that one.
    again = ResultBridge(room.scene).show(room.result, room.volumeNode)
    room.show(SimpleNamespace(volumeNode=room.volumeNode, nodes=again))
    click(room, "correctButton")
    exportAndWait(room)
    (case,) = Dataset(room.training).cases()
    assert case.lineage.revision == 3 and room.node.revision == 3
    assert "Revision 3" in room.child("stateText").text
    assert "It replaces revision 2 (approved by MH)" in room.child("noticeText").text


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


def test_another_image_than_the_one_that_the_task_ran_on_is_not_exported(room, changeImage):
    room.child("exportFolder").setCurrentPath(str(room.training))
    click(room, "approveButton")
    changeImage(room.volumeNode)
    room.host.processEvents()
    assert down(room) == [] and "The image has changed" in room.child("noticeText").text
    click(room, "approveButton")
    exportAndWait(room)
    assert "The image has changed" in room.child("noticeText").text and not room.training.exists()


def test_every_format_of_the_registry_has_a_box_that_names_it(room):
    from orthoai.dataset.exporters import all_exporters

    assert all_exporters()
    for exporter in all_exporters():
        assert room.child(f"format_{exporter.name}").text == exporter.title
    assert room.panel.exportForm.formats == ()
    room.child("format_monai").click()
    assert room.panel.exportForm.formats == ("monai",)


@pytest.mark.slow
def test_a_ticked_format_is_written_by_the_worker(room):
    room.child("exportFolder").setCurrentPath(str(room.training))
    room.child("format_monai").click()
    click(room, "approveButton")
    click(room, "exportButton")
    assert room.host.processEvents(seconds=120, until=lambda: not room.panel.export.isBusy)
    assert list((room.training / "formats" / "monai").glob("*.json")), room.child("noticeText").text
