"""Nodes back into results: what a reviewer edits is in the review, and nothing else is."""

import json
from dataclasses import replace

import numpy as np
import pytest
from bridge_scene import result_on, same_result, slicer
from orthoai.errors import InputError
from orthoai.review import Review, Verdict
from OrthoAILib.Bridge.Grid import toArray, toMatrix
from OrthoAILib.Bridge.ResultBridge import ResultBridge
from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
from OrthoAILib.Bridge.Segments import BINARY
from vtk.util.numpy_support import vtk_to_numpy


@pytest.fixture
def result(oblique):
    return result_on(oblique)


@pytest.fixture
def volume(workplace, oblique):
    return workplace.volume_on(oblique)


@pytest.fixture
def nodes(workplace, result, volume):
    return ResultBridge(workplace.scene).show(result, volume)


@pytest.fixture
def bridge(workplace):
    return ReviewBridge(workplace.scene)


def paint(nodes, name, labels):
    """Give a segment the true voxels of ``labels`` (K, J, I), as the Segment Editor does."""
    image = slicer.vtkOrientedImageData()
    k, j, i = labels.shape
    image.SetExtent(0, i - 1, 0, j - 1, 0, k - 1)
    image.AllocateScalars(3, 1)
    vtk_to_numpy(image.GetPointData().GetScalars())[:] = labels.ravel()
    reference = nodes.segmentation.GetSegmentation().GetSegment("femur_left").GetRepresentation(BINARY)
    matrix = toMatrix(np.eye(4))
    reference.GetImageToWorldMatrix(matrix)
    image.SetImageToWorldMatrix(matrix)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    assert logic.SetBinaryLabelmapToSegment(image, nodes.segmentation, name)


def test_a_result_that_nobody_touched_comes_back_equal(bridge, nodes, volume, result):
    assert same_result(bridge.result(nodes, volume), result)


def test_a_review_of_it_has_no_changes(bridge, nodes, volume, result):
    review = bridge.review(nodes, volume, Verdict.APPROVED, "fine", "MH", 12.5, 2)
    assert same_result(review.result, result)
    assert review.changes == ()
    assert (review.verdict, review.comment, review.reviewer) == (Verdict.APPROVED, "fine", "MH")
    assert (review.time_spent_s, review.revision) == (12.5, 2)


def test_painted_voxels_are_in_the_result_and_counted(bridge, nodes, volume, result):
    left = result.segmentation == 1
    outside = np.argwhere(result.segmentation == 0)[:3]
    edited = left.copy()
    edited[tuple(outside.T)] = True
    erased = np.argwhere(left)[0]
    edited[tuple(erased)] = False
    paint(nodes, "femur_left", edited)
    review = bridge.review(nodes, volume, Verdict.CORRECTED)
    expected = result.segmentation.copy()
    expected[left & ~edited] = 0
    expected[tuple(outside.T)] = 1
    np.testing.assert_array_equal(review.result.segmentation, expected)
    (change,) = review.changes
    assert (change.kind, change.target) == ("mask", "femur_left")
    assert change.before == {"voxels": int(left.sum())}
    assert change.after == {"voxels": int(left.sum()) + 2, "added": 3, "removed": 1}


def test_a_mask_painted_to_the_corners_of_the_volume_is_kept_whole(bridge, nodes, volume, result):
    everything = np.ones(result.geometry.shape, bool)
    paint(nodes, "femur_right", everything)
    edited = bridge.result(nodes, volume).segmentation
    assert np.unique(edited).tolist() == [2]


def test_a_femur_that_was_not_found_can_be_drawn(bridge, workplace, volume, oblique, result):
    labels = np.where(result.segmentation == 1, result.segmentation, 0).astype(np.uint8)
    nodes = ResultBridge(workplace.scene).show(result_on(oblique, labels), volume)
    paint(nodes, "femur_right", result.segmentation == 2)
    np.testing.assert_array_equal(bridge.result(nodes, volume).segmentation, result.segmentation)


def test_a_deleted_segment_is_an_empty_mask(bridge, nodes, volume, result):
    nodes.segmentation.GetSegmentation().RemoveSegment("femur_left")
    edited = bridge.result(nodes, volume)
    np.testing.assert_array_equal(edited.segmentation, np.where(result.segmentation == 2, 2, 0))
    assert edited.labels == result.labels


def test_a_renamed_or_recolored_segment_is_still_itself(bridge, nodes, volume, result):
    segment = nodes.segmentation.GetSegmentation().GetSegment("femur_left")
    segment.SetName("left one")
    segment.SetColor(1, 0, 0)
    assert bridge.review(nodes, volume, None).changes == ()


def test_voxels_in_a_segment_of_the_users_own_are_not_lost_silently(bridge, nodes, volume, result):
    segmentation = nodes.segmentation.GetSegmentation()
    segmentation.AddEmptySegment("Segment_1", "Scratch")
    assert same_result(bridge.result(nodes, volume), result)
    paint(nodes, "Segment_1", result.segmentation == 2)
    with pytest.raises(InputError, match='The segment "Scratch" is none of this task\'s structures; move its voxels'):
        bridge.review(nodes, volume, Verdict.CORRECTED)
    segmentation.RemoveSegment("Segment_1")
    assert same_result(bridge.result(nodes, volume), result)


def test_masks_that_were_kept_as_surfaces_become_voxels_again(bridge, nodes, volume):
    nodes.segmentation.CreateClosedSurfaceRepresentation()
    nodes.segmentation.SetSourceRepresentationToClosedSurface()
    nodes.segmentation.RemoveBinaryLabelmapRepresentation()
    assert (bridge.result(nodes, volume).segmentation == 2).any()


def test_a_moved_box_is_a_change_with_both_places(bridge, nodes, volume, result, oblique):
    roi = nodes.boxes[1]
    matrix = toArray(roi.GetObjectToNodeMatrix())
    roi.SetCenter(*(np.array(roi.GetCenter()) - oblique.spacing[0] * matrix[:3, 0]))
    (change,) = bridge.review(nodes, volume, Verdict.CORRECTED).changes
    assert (change.kind, change.target) == ("box", "femur_right")
    assert change.before["index_min"] == list(result.boxes[1].index_min)
    np.testing.assert_allclose(change.after["index_min"], np.subtract(result.boxes[1].index_min, (1, 0, 0)), atol=1e-4)


def test_a_deleted_box_is_a_change_to_nothing(bridge, workplace, nodes, volume):
    workplace.scene.RemoveNode(nodes.boxes[0])
    (change,) = bridge.review(nodes, volume, Verdict.CORRECTED).changes
    assert (change.kind, change.target, change.after) == ("box", "femur_left", None)


def test_a_changed_class_is_in_the_review(bridge, nodes, volume):
    bridge.setFindingClass(nodes, 1, "implant")
    review = bridge.review(nodes, volume, Verdict.CORRECTED)
    assert [finding.label for finding in review.result.findings] == ["present", "implant"]
    (change,) = review.changes
    assert vars(change) == {"kind": "class", "target": "femur_right", "before": "present", "after": "implant"}


def test_a_class_changed_back_is_no_change(bridge, nodes, volume):
    bridge.setFindingClass(nodes, 0, "implant")
    bridge.setFindingClass(nodes, 0, "present")
    assert bridge.review(nodes, volume, None).changes == ()


def test_a_grade_is_a_change_where_the_task_said_another_and_confirmed_where_it_said_the_same(bridge, nodes, volume):
    told = nodes.stored().findings[1].measurements["volume_ml"].value
    bridge.setFindingGrade(nodes, 1, "volume_ml", 3.0)
    review = bridge.review(nodes, volume, Verdict.CORRECTED)
    (change,) = review.changes
    assert vars(change) == {
        "kind": "grade",
        "target": "femur_right",
        "before": {"volume_ml": told},
        "after": {"volume_ml": 3.0},
    }
    again = Review.from_json(review.to_json(), review.result.segmentation)
    assert again.result.findings[1].confirmed == ("volume_ml",) and again.changes == review.changes
    bridge.setFindingGrade(nodes, 1, "volume_ml", told)
    review = bridge.review(nodes, volume, Verdict.APPROVED)
    assert review.changes == () and review.result.findings[1].confirmed == ("volume_ml",)


def test_a_review_survives_its_json(bridge, nodes, volume):
    bridge.setFindingClass(nodes, 0, "implant")
    review = bridge.review(nodes, volume, Verdict.CORRECTED, "c", "r", 1.0)
    again = Review.from_json(review.to_json(), review.result.segmentation)
    assert json.loads(again.to_json()) == json.loads(review.to_json())
    assert again.changes == review.changes


# Transforms


def rigid() -> np.ndarray:
    angle = np.deg2rad(25)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, 3] = 12, -7, 31
    return matrix


def harden(node):
    node.HardenTransform()


def test_a_transform_hardened_on_all_nodes_moves_the_result_and_changes_nothing(
    bridge, workplace, nodes, volume, result
):
    transform = workplace.transform(rigid())
    for node in (volume, nodes.segmentation, *nodes.boxes):
        node.SetAndObserveTransformNodeID(transform.GetID())
        harden(node)
    review = bridge.review(nodes, volume, Verdict.APPROVED)
    assert review.changes == ()
    np.testing.assert_array_equal(review.result.segmentation, result.segmentation)
    assert not review.result.geometry.matches(result.geometry)
    before, after = result.findings[0].place.lps, review.result.findings[0].place.lps
    expected = rigid() @ [-before[0], -before[1], before[2], 1]
    np.testing.assert_allclose(after, (-expected[0], -expected[1], expected[2]), atol=1e-6)


def test_masks_and_boxes_moved_apart_from_the_volume_are_where_they_are_seen(
    bridge, workplace, nodes, volume, result, oblique
):
    step = np.eye(4)
    step[:3, 3] = (np.diag([-1, -1, 1]) @ oblique.directions[:, 0]) * oblique.spacing[0]
    transform = workplace.transform(step)
    for node in (nodes.segmentation, *nodes.boxes):
        node.SetAndObserveTransformNodeID(transform.GetID())
    edited = bridge.result(nodes, volume)
    expected = np.zeros_like(result.segmentation)
    expected[:, :, 1:] = result.segmentation[:, :, :-1]
    np.testing.assert_array_equal(edited.segmentation, expected)
    np.testing.assert_allclose(edited.boxes[0].index_min, np.add(result.boxes[0].index_min, (1, 0, 0)), atol=1e-4)


# What is refused


def test_a_result_that_was_removed_is_said_to_be_gone(bridge, workplace, nodes, volume):
    nodes.remove(workplace.scene)
    with pytest.raises(InputError, match="removed from the scene"):
        bridge.result(nodes, volume)


def test_a_deleted_segmentation_is_said_to_be_gone(bridge, workplace, nodes, volume):
    workplace.scene.RemoveNode(nodes.segmentation)
    with pytest.raises(InputError, match="segmentation of the result was deleted"):
        bridge.result(nodes, volume)


def test_a_deleted_table_is_said_to_be_gone_when_a_class_is_changed(bridge, workplace, nodes):
    workplace.scene.RemoveNode(nodes.findingsTable)
    with pytest.raises(InputError, match="table of findings was deleted"):
        bridge.setFindingClass(nodes, 0, "implant")


def test_a_deleted_record_of_the_masks_is_said_to_be_gone(bridge, workplace, nodes, volume):
    workplace.scene.RemoveNode(nodes.originalMasks)
    with pytest.raises(InputError, match="original masks was deleted"):
        bridge.review(nodes, volume, Verdict.APPROVED)


def test_another_volume_is_refused_even_of_the_same_size(bridge, workplace, nodes, oblique):
    other = workplace.volume_on(replace(oblique, origin=(1.0, 2.0, 3.0)))
    with pytest.raises(InputError, match="belongs to another volume"):
        bridge.boxes(nodes, other)


def test_a_volume_that_is_gone_is_said_to_be(bridge, nodes):
    with pytest.raises(InputError, match="volume of the result is gone"):
        bridge.boxes(nodes, None)
