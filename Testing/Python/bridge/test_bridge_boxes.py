"""Boxes as ROI nodes: edges are voxel edges, in any orientation, before and after a person dragged them."""

import numpy as np
import pytest
from bridge_scene import labels_on, result_on, slicer
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from OrthoAILib.Bridge.Grid import toArray, toMatrix
from OrthoAILib.Bridge.ResultBridge import ResultBridge
from OrthoAILib.Bridge.ResultNodes import ResultNodes
from OrthoAILib.Bridge.ReviewBridge import ReviewBridge

VOXEL = 1e-4
"""Part of a voxel to which edges agree: a ROI node keeps some of its geometry in single precision."""


@pytest.fixture
def shown(workplace, oblique):
    """A result in the scene, its volume and its nodes."""
    result, volume = result_on(oblique), workplace.volume_on(oblique)
    return result, volume, ResultBridge(workplace.scene).show(result, volume)


def boxes(workplace, shown):
    _, volume, nodes = shown
    return ReviewBridge(workplace.scene).boxes(nodes, volume)


def shift(roi, axis, mm):
    """Move a ROI along its own axis."""
    matrix = toArray(roi.GetObjectToNodeMatrix())
    roi.SetCenter(*(np.array(roi.GetCenter()) + mm * matrix[:3, axis]))


def test_a_roi_spans_the_outer_edges_of_its_voxels(workplace):
    # Voxels of 2 x 3 x 4 mm; RAS axes; voxel (0, 0, 0) is centered at (10, 20, 30).
    volume = workplace.volume([[2, 0, 0, 10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]], (6, 7, 8))
    geometry = Geometry((6, 7, 8), (2, 3, 4), (-10, -20, 30), (-1, 0, 0, 0, -1, 0, 0, 0, 1))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[1:3, 2:5, 3:7] = 1  # i 3..6, j 2..4, k 1..2
    nodes = ResultBridge(workplace.scene).show(result_on(geometry, labels), volume)
    bounds = [0.0] * 6
    nodes.boxes[0].GetBounds(bounds)
    np.testing.assert_allclose(bounds, [15, 23, 24.5, 33.5, 32, 40])


def test_every_box_is_a_roi_with_its_name_and_color(shown):
    _, _, nodes = shown
    assert [node.GetName() for node in nodes.boxes] == ["Femur left box", "Femur right box"]
    left, right = (node.GetDisplayNode().GetSelectedColor() for node in nodes.boxes)
    np.testing.assert_allclose(np.array(left) * 255, (230, 159, 0))
    np.testing.assert_allclose(np.array(right) * 255, (86, 180, 233))


def test_a_roi_can_be_dragged_and_resized_and_not_turned(shown):
    display = shown[2].boxes[0].GetDisplayNode()
    assert display.GetHandlesInteractive()
    assert display.GetTranslationHandleVisibility()
    assert display.GetScaleHandleVisibility()
    assert not display.GetRotationHandleVisibility()


def test_the_corners_of_an_oblique_roi_are_the_corners_of_the_box(shown, oblique):
    result, _, nodes = shown
    for box, roi in zip(result.boxes, nodes.boxes, strict=True):
        half = np.array(roi.GetSize()) / 2
        signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
        own = np.column_stack([signs * half, np.ones(8)])
        ras = (own @ toArray(roi.GetObjectToNodeMatrix()).T)[:, :3]
        index = oblique.lps_to_index(ras * (-1, -1, 1))
        np.testing.assert_allclose(index.min(axis=0), box.index_min, atol=VOXEL)
        np.testing.assert_allclose(index.max(axis=0), box.index_max, atol=VOXEL)
        assert len(np.unique(np.round(index, 2), axis=0)) == 8


def test_a_left_handed_volume_gives_a_right_handed_roi_around_the_same_voxels(workplace):
    geometry = Geometry((9, 11, 14), (0.7, 1.3, 2.5), (1, 2, 3), (1, 0, 0, 0, 1, 0, 0, 0, -1))
    assert np.linalg.det(geometry.directions) < 0
    result, volume = result_on(geometry), workplace.volume_on(geometry)
    nodes = ResultBridge(workplace.scene).show(result, volume)
    for roi in nodes.boxes:
        assert np.linalg.det(toArray(roi.GetObjectToNodeMatrix())) == pytest.approx(1)
    shift(nodes.boxes[0], 0, 0.7)  # i grows by one voxel
    moved = ReviewBridge(workplace.scene).boxes(nodes, volume)[0]
    np.testing.assert_allclose(moved.index_min, np.add(result.boxes[0].index_min, (1, 0, 0)), atol=VOXEL)


def test_boxes_that_nobody_touched_are_the_very_boxes(workplace, shown):
    assert boxes(workplace, shown) == shown[0].boxes


def test_a_dragged_box_is_at_the_new_voxels(workplace, shown, oblique):
    result, _, nodes = shown
    shift(nodes.boxes[0], 1, 2 * oblique.spacing[1])
    moved = boxes(workplace, shown)[0]
    np.testing.assert_allclose(moved.index_min, np.add(result.boxes[0].index_min, (0, 2, 0)), atol=VOXEL)
    np.testing.assert_allclose(moved.index_max, np.add(result.boxes[0].index_max, (0, 2, 0)), atol=VOXEL)
    assert (moved.label, moved.score) == ("femur_left", result.boxes[0].score)
    assert boxes(workplace, shown)[1] == result.boxes[1]


def test_a_resized_box_grows_on_both_sides(workplace, shown, oblique):
    result, _, nodes = shown
    size = np.array(nodes.boxes[0].GetSize())
    nodes.boxes[0].SetSize(*(size - (oblique.spacing[0], 0, 0)))
    smaller = boxes(workplace, shown)[0]
    np.testing.assert_allclose(smaller.index_min, np.add(result.boxes[0].index_min, (0.5, 0, 0)), atol=VOXEL)
    np.testing.assert_allclose(smaller.index_max, np.subtract(result.boxes[0].index_max, (0.5, 0, 0)), atol=VOXEL)


def test_a_turned_box_becomes_the_smallest_one_along_the_axes(workplace):
    geometry = Geometry((40, 40, 40))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[15:25, 15:25, 15:25] = 1  # a cube of 10 mm around voxel edge 19.5
    volume = workplace.volume_on(geometry)
    nodes = ResultBridge(workplace.scene).show(result_on(geometry, labels), volume)
    roi = nodes.boxes[0]
    matrix, turn = toArray(roi.GetObjectToNodeMatrix()), np.eye(4)
    turn[:2, :2] = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    roi.SetAndObserveObjectToNodeMatrix(toMatrix(matrix @ turn))
    box = ReviewBridge(workplace.scene).boxes(nodes, volume)[0]
    half = 5 * np.sqrt(2)
    np.testing.assert_allclose(box.index_min, (19.5 - half, 19.5 - half, 14.5), atol=VOXEL)
    np.testing.assert_allclose(box.index_max, (19.5 + half, 19.5 + half, 24.5), atol=VOXEL)


def test_a_box_dragged_over_the_border_is_cut_there(workplace, shown, oblique):
    result, _, nodes = shown
    shift(nodes.boxes[0], 2, -2 * oblique.spacing[2])
    box = boxes(workplace, shown)[0]
    assert box.index_min[2] == -0.5
    assert box.index_max[2] == pytest.approx(result.boxes[0].index_max[2] - 2, abs=VOXEL)


def test_a_box_outside_the_volume_is_named(workplace, shown):
    shift(shown[2].boxes[1], 0, 1000)
    with pytest.raises(InputError, match="femur_right lies outside the volume"):
        boxes(workplace, shown)


def test_a_box_without_extent_is_named(workplace, shown):
    shown[2].boxes[0].SetSize(0, 5, 5)
    with pytest.raises(InputError, match="femur_left has no extent"):
        boxes(workplace, shown)


def test_a_deleted_box_is_gone(workplace, shown):
    result, _, nodes = shown
    workplace.scene.RemoveNode(nodes.boxes[0])
    assert boxes(workplace, shown) == result.boxes[1:]


def test_a_box_that_the_model_drew_over_the_border_counts_as_untouched(workplace, oblique):
    result, volume = result_on(oblique, labels_on(oblique, absent=(1, 2))), workplace.volume_on(oblique)
    wide = Box.from_index("femur_left", 0.9, (-2.0, 1.0, 1.0), (5.0, 99.0, 4.0), oblique)
    result = type(result)(**{**vars(result), "boxes": (wide,)})
    nodes = ResultBridge(workplace.scene).show(result, volume)
    assert ReviewBridge(workplace.scene).boxes(nodes, volume) == (wide,)


def test_a_roi_is_a_box_for_slicer(shown):
    assert shown[2].boxes[0].GetROIType() == slicer.vtkMRMLMarkupsROINode.ROITypeBox


def test_an_added_box_is_one_of_the_results_as_large_as_the_others(workplace, shown, oblique):
    result, volume, nodes = shown
    transform = workplace.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    moved = np.eye(4)
    moved[:3, 3] = (5.0, -3.0, 2.0)
    transform.SetMatrixTransformToParent(toMatrix(moved))
    for node in (volume, *nodes.boxes, nodes.segmentation):
        node.SetAndObserveTransformNodeID(transform.GetID())
    bridge = ResultBridge(workplace.scene)
    middle = np.array(oblique.size) / 2 - 0.5
    place = moved @ np.diag([-1, -1, 1, 1]) @ oblique.affine @ [*middle, 1]
    nodes = bridge.addBox(nodes, volume, "femur_left", tuple(place[:3]))
    assert ResultNodes.find(workplace.scene, nodes.resultId) == nodes == bridge.load()[0]
    *others, new = ReviewBridge(workplace.scene).boxes(nodes, volume)
    assert tuple(others) == result.boxes
    size = np.median([np.subtract(box.index_max, box.index_min) for box in others], axis=0)
    low = np.maximum(middle - size / 2, -0.5)
    high = np.minimum(middle + size / 2, np.array(oblique.size) - 0.5)
    np.testing.assert_allclose([new.index_min, new.index_max], [low, high], atol=VOXEL)
    review = ReviewBridge(workplace.scene).review(nodes, volume, None)
    (change,) = review.changes
    assert (change.kind, change.target, change.before) == ("box", "femur_left", None)
    nodes.remove(workplace.scene)
    assert workplace.scene.GetNumberOfNodesByClass("vtkMRMLMarkupsROINode") == 0


def test_a_first_box_outside_the_image_is_brought_to_its_edge(workplace, oblique):
    volume = workplace.volume_on(oblique)
    bridge = ResultBridge(workplace.scene)
    nodes = bridge.show(result_on(oblique, labels_on(oblique, absent=(1, 2))), volume)
    nodes = bridge.addBox(nodes, volume, "femur_right", (1e4, 1e4, 1e4))
    (new,) = ReviewBridge(workplace.scene).boxes(nodes, volume)
    size = np.subtract(new.index_max, new.index_min)
    np.testing.assert_allclose(size, np.array(oblique.size) / 8 + 0.5, atol=VOXEL)


def test_no_box_is_added_to_a_result_of_another_volume(workplace, shown):
    _, _, nodes = shown
    other = workplace.volume(np.eye(4), (3, 4, 5))
    with pytest.raises(InputError, match="belongs to another volume"):
        ResultBridge(workplace.scene).addBox(nodes, other, "femur_left", (0.0, 0.0, 0.0))
    assert len(boxes(workplace, shown)) == 2
