"""A review without any widget: edits, undo, verdict, time, and what the scene keeps of it."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.review import Verdict
from OrthoAILib.Review.ActiveTime import IDLE_S, ActiveTime
from OrthoAILib.Review.ReviewState import ReviewState

slicer = pytest.importorskip("slicer", reason="needs slicer-core")


@pytest.fixture
def session(shown, clock):
    from OrthoAILib.Review.ReviewSession import ReviewSession

    session = ReviewSession(shown.nodes, shown.volumeNode, shown.bridge, reviewer="MH", clock=clock)
    yield session
    session.close()


def label(session, row=0):
    from OrthoAILib.Review.FindingRow import FindingRow

    return FindingRow.readAll(session.nodes.findingsTable)[row].finding


def test_a_fresh_result_has_no_verdict_and_nothing_to_lose(session):
    assert session.state == ReviewState(reviewer="MH")
    assert not session.isUnsaved and not session.history.canUndo
    assert not session.undo() and not session.redo()


def test_a_class_change_is_kept_in_the_review_and_undo_brings_the_old_class_back(session):
    session.setFindingClass(0, "femur_right")
    review = session.review()
    assert review.result.findings[0].label == "femur_right"
    assert [(change.kind, change.target, change.before, change.after) for change in review.changes] == [
        ("class", "femur_left", "present", "femur_right")
    ]
    assert session.undo()
    assert label(session) == "present" and session.review().changes == ()
    assert session.redo()
    assert label(session) == "femur_right"


def test_giving_a_finding_the_class_that_it_has_is_no_edit(session):
    session.setFindingClass(1, "present")
    assert not session.isUnsaved and not session.history.canUndo


def test_a_class_changed_outside_the_session_is_an_edit_as_well(session, shown):
    shown.bridge.setFindingClass(shown.nodes, 1, "femur_left")
    assert session.isUnsaved and "Femur right" in session.history.undoText
    session.undo()
    assert label(session, 1) == "present" and not session.undo()


def test_a_grade_is_an_edit_that_is_taken_back_and_made_again(session, shown):
    def confirmed():
        return session.review().result.findings[1].confirmed

    session.approve()
    shown.bridge.setFindingGrade(shown.nodes, 1, "grade", 4.0)
    assert session.isUnsaved and session.state.verdict is None
    assert session.history.undoText == "Femur right: Grade not confirmed to 4"
    assert confirmed() == ("grade",)
    session.undo()
    assert confirmed() == () and not session.history.canUndo
    session.redo()
    assert confirmed() == ("grade",)


def test_a_drag_of_a_box_is_one_edit_however_many_moves_it_takes(session):
    box = session.nodes.boxes[0]
    before = list(box.GetCenter())
    touched = []
    session.touched.connect(lambda: touched.append(1))
    for step in range(1, 6):
        box.SetCenter(before[0] + 0.4 * step, before[1], before[2])
    assert touched and not session.isUnsaved
    assert session.settle() and session.isUnsaved
    assert not session.settle()
    assert session.undo()
    assert list(box.GetCenter()) == pytest.approx(before)
    assert not session.undo()
    session.redo()
    assert list(box.GetCenter()) == pytest.approx([before[0] + 2.0, before[1], before[2]])


def test_undo_of_a_box_restores_the_very_box_of_the_result(session, shown):
    box = session.nodes.boxes[1]
    box.SetSize(3.0, 4.0, 5.0)
    session.settle()
    assert session.review().result.boxes[1] != shown.result.boxes[1]
    session.undo()
    assert session.review().result.boxes == shown.result.boxes


def test_renaming_or_hiding_a_box_is_no_edit(session):
    box = session.nodes.boxes[0]
    box.SetName("other")
    box.GetDisplayNode().SetVisibility(False)
    assert not session.settle() and not session.isUnsaved


def test_undo_takes_a_move_back_that_has_not_come_to_rest(session):
    box = session.nodes.boxes[0]
    before = list(box.GetCenter())
    box.SetCenter(0.0, 0.0, 110.0)
    assert session.undo()
    assert list(box.GetCenter()) == pytest.approx(before)


def test_a_deleted_box_is_passed_over_by_undo(session, shown):
    session.setFindingClass(0, "femur_right")
    box = session.nodes.boxes[0]
    box.SetCenter(0.0, 0.0, 110.0)
    session.settle()
    shown.scene.RemoveNode(box)
    assert session.undo() and label(session) == "present"


def test_deleting_a_box_is_an_edit_that_cannot_be_undone(session, shown):
    said = []
    session.noticed.connect(said.append)
    session.decide(Verdict.APPROVED)
    session.markSaved(1)
    shown.scene.RemoveNode(session.nodes.boxes[0])
    assert session.settle() and not session.settle()
    assert session.state.verdict is None and session.isUnsaved and len(said) == 1
    assert not session.history.canUndo and not session.undo()


def test_a_box_deleted_while_nobody_watched_takes_the_verdict_back(session, shown, clock):
    from OrthoAILib.Bridge.ResultNodes import ResultNodes
    from OrthoAILib.Review.ReviewSession import ReviewSession

    session.decide(Verdict.APPROVED)
    session.markSaved(1)
    session.close()
    shown.scene.RemoveNode(shown.nodes.boxes[0])
    left = ResultNodes.find(shown.scene, shown.nodes.resultId)
    again = ReviewSession(left, shown.volumeNode, shown.bridge, clock=clock)
    assert again.state.verdict is None and again.isUnsaved
    again.decide(Verdict.CORRECTED)
    again.markSaved(2)
    again.close()
    last = ReviewSession(left, shown.volumeNode, shown.bridge, clock=clock)
    assert last.state.verdict is Verdict.CORRECTED and not last.isUnsaved
    last.close()


def test_painting_makes_the_review_unsaved_and_is_in_the_changes(session, paintOn):
    paintOn(session.nodes)
    assert session.settle() and session.isUnsaved and session.history.undoText == "Mask edit"
    changes = session.review().changes
    assert [(change.kind, change.target, change.after["added"]) for change in changes] == [("mask", "femur_left", 1)]


def test_asking_what_can_be_undone_does_not_hide_a_stroke_that_has_not_come_to_rest(session, paintOn):
    session.decide(Verdict.APPROVED)
    paintOn(session.nodes)
    assert not session.history.canUndo
    assert session.settle() and session.state.verdict is None


def test_a_new_color_name_or_surface_of_a_mask_is_no_edit(session):
    segmentation = session.nodes.segmentation.GetSegmentation()
    segmentation.GetSegment("femur_left").SetColor(1.0, 0.0, 0.0)
    segmentation.GetSegment("femur_left").SetName("other")
    session.nodes.segmentation.CreateClosedSurfaceRepresentation()
    assert not session.settle() and not session.isUnsaved


def test_a_mask_with_another_margin_or_in_another_layer_is_the_same_mask(shown):
    from OrthoAILib.Review.MaskPrint import maskPrint

    segmentation = shown.nodes.segmentation.GetSegmentation()
    ids = segmentation.GetSegmentIDs()
    before = [maskPrint(segmentation.GetSegment(name)) for name in ids]
    assert before[0] != before[1]
    image = segmentation.GetSegment(ids[0]).GetRepresentation("Binary labelmap")
    extent = np.add(image.GetExtent(), (-2, 1, -1, 2, 0, 0))
    segmentation.GetSegment(ids[0]).AddRepresentation("Binary labelmap", bigger(image, extent))
    segmentation.CollapseBinaryLabelmaps()
    assert segmentation.GetNumberOfLayers() == 1
    assert [maskPrint(segmentation.GetSegment(name)) for name in ids] == before


def bigger(image, extent):
    """``image`` with zeros around it, of the inclusive extent."""
    copy = slicer.vtkOrientedImageData()
    copy.DeepCopy(image)
    copy.SetExtent(*(int(n) for n in extent))
    copy.AllocateScalars(image.GetScalarType(), 1)
    copy.GetPointData().GetScalars().Fill(0)
    copy.CopyAndCastFrom(image, image.GetExtent())
    return copy


def test_an_edit_after_the_verdict_takes_the_verdict_back_and_says_so(session):
    said = []
    session.noticed.connect(said.append)
    session.decide(Verdict.APPROVED)
    assert said == []
    session.setFindingClass(0, "femur_right")
    assert session.state.verdict is None
    assert len(said) == 1 and "decide again" in said[0]


def test_approve_gives_the_review_with_the_words_and_the_time(session, clock):
    clock.advance(30)
    session.setComment("clear case")
    clock.advance(12)
    review = session.approve()
    assert (review.verdict, review.comment, review.reviewer) == (Verdict.APPROVED, "clear case", "MH")
    assert review.time_spent_s == pytest.approx(42) and review.revision == 1


def test_the_revision_counts_exports(session):
    session.decide(Verdict.APPROVED)
    session.markSaved(1)
    assert session.state.revision == 1 and not session.isUnsaved
    session.setComment("second look")
    assert session.isUnsaved and session.review().revision == 2


def test_an_edit_made_while_the_case_is_written_stays_unsaved(session):
    session.decide(Verdict.APPROVED)
    saving = session.state
    session.setComment("one more word")
    session.markSaved(1, asOf=saving)
    assert session.isUnsaved and session.state.revision == 1


def test_time_passing_while_the_case_is_written_does_not_make_it_unsaved(session, clock):
    session.decide(Verdict.APPROVED)
    saving = session.state
    clock.advance(20)
    session.markSaved(1, asOf=saving)
    assert not session.isUnsaved


def test_a_second_session_on_the_same_nodes_goes_on_where_the_first_stopped(session, shown, clock):
    from OrthoAILib.Review.ReviewSession import ReviewSession

    clock.advance(10)
    session.decide(Verdict.FLAGGED)
    session.setComment("ask MR")
    session.close()
    again = ReviewSession(shown.nodes, shown.volumeNode, shown.bridge, reviewer="somebody else", clock=clock)
    assert again.state == session.state
    assert (again.state.verdict, again.state.reviewer) == (Verdict.FLAGGED, "MH") and again.isUnsaved


def test_review_and_edits_survive_saving_and_loading_of_the_scene(host, addResult, tmp_path, clock):
    from OrthoAILib.Bridge.ResultBridge import ResultBridge
    from OrthoAILib.Review.ReviewSession import ReviewSession

    shown = addResult(host.scene)
    session = ReviewSession(shown.nodes, shown.volumeNode, shown.bridge, reviewer="MH", clock=clock)
    session.setFindingClass(1, "femur_left")
    session.nodes.boxes[0].SetCenter(-5.0, 1.0, 108.0)
    session.decide(Verdict.CORRECTED)
    session.setComment("Seite getauscht: “links”")
    host.saveScene(tmp_path / "scene.mrb")
    session.close()
    host.loadScene(tmp_path / "scene.mrb")
    (nodes,) = ResultBridge(host.scene).load()
    again = ReviewSession(nodes, nodes.volumeNode, shown.bridge, clock=clock)
    assert again.state == session.state and again.isUnsaved
    assert [change.kind for change in again.review().changes] == ["box", "class"]
    again.close()


def test_another_image_takes_the_verdict_back_and_is_not_reviewed(session, shown, changeImage):
    said = []
    session.noticed.connect(said.append)
    session.decide(Verdict.APPROVED)
    ranOn = changeImage(shown.volumeNode)
    assert session.state.verdict is None and "The image has changed" in said[0]
    changeImage(shown.volumeNode)
    assert len(said) == 1
    session.decide(Verdict.APPROVED)
    with pytest.raises(InputError, match="The image has changed"):
        session.review()
    shown.volumeNode.SetAndObserveImageData(ranOn)
    assert session.state.verdict is None, "It was about another image."
    assert session.approve().verdict is Verdict.APPROVED


def test_voxels_edited_in_place_are_another_image(session, shown):
    shown.volumeNode.GetImageData().GetPointData().GetScalars().Fill(3)
    shown.volumeNode.GetImageData().Modified()
    with pytest.raises(InputError, match="The image has changed"):
        session.approve()


def test_another_image_is_known_in_the_next_session_as_well(session, shown, clock, changeImage):
    from OrthoAILib.Review.ReviewSession import ReviewSession

    ranOn = changeImage(shown.volumeNode)
    session.close()
    again = ReviewSession(shown.nodes, shown.volumeNode, shown.bridge, clock=clock)
    with pytest.raises(InputError, match="The image has changed"):
        again.approve()
    again.close()
    shown.volumeNode.SetAndObserveImageData(ranOn)
    last = ReviewSession(shown.nodes, shown.volumeNode, shown.bridge, clock=clock)
    assert last.approve().verdict is Verdict.APPROVED and last.state.madeOf == ()
    last.close()


def test_another_image_makes_nothing_unsaved_that_was_saved(session, shown, changeImage):
    session.decide(Verdict.APPROVED)
    session.markSaved(1)
    changeImage(shown.volumeNode)
    assert session.state.verdict is None and not session.isUnsaved


def test_a_state_of_an_older_scene_that_counts_no_boxes_is_kept(shown, clock):
    from OrthoAILib.Review.ReviewSession import ReviewSession

    older = {"verdict": "approved", "comment": "", "reviewer": "", "revision": 1, "timeSpent": 3.0, "isSaved": True}
    shown.nodes.resultText.SetAttribute("OrthoAI.Review", json.dumps(older))
    session = ReviewSession(shown.nodes, shown.volumeNode, shown.bridge, clock=clock)
    assert session.state.verdict is Verdict.APPROVED and not session.isUnsaved
    session.close()


def test_a_damaged_state_in_the_scene_opens_as_a_fresh_review(shown, clock):
    from OrthoAILib.Review.ReviewSession import ReviewSession

    endless = json.dumps({**asdict(ReviewState()), "revision": float("inf")})
    for text in ("{", "[]", '{"verdict": "perhaps"}', '{"verdict": null}', endless, "[" * 100_000):
        shown.nodes.resultText.SetAttribute("OrthoAI.Review", text)
        session = ReviewSession(shown.nodes, shown.volumeNode, shown.bridge, clock=clock)
        assert session.state == ReviewState()
        session.close()


def test_closing_after_the_scene_was_cleared_does_no_harm(session, shown):
    shown.scene.Clear(0)
    session.close()
    assert not session.state.verdict


def test_a_long_pause_counts_as_being_away(clock):
    time = ActiveTime(5.0, clock)
    clock.advance(10)
    assert time.touch() == pytest.approx(15)
    clock.advance(3600)
    assert time.touch() == pytest.approx(15 + IDLE_S)
    time.pause()
    clock.advance(20)
    assert time.touch() == pytest.approx(15 + IDLE_S)
    clock.advance(2)
    assert time.touch() == pytest.approx(17 + IDLE_S)
