"""Results into the scene: which nodes, where they hang, and that a failure leaves none."""

from dataclasses import replace

import numpy as np
import pytest
from bridge_scene import labels_on, result_on, same_result, vtk
from orthoai.errors import InputError
from OrthoAILib.Bridge import ResultBridge as module
from OrthoAILib.Bridge.Grid import toMatrix
from OrthoAILib.Bridge.ResultBridge import ResultBridge
from OrthoAILib.Bridge.ResultNodes import ResultNodes
from OrthoAILib.Bridge.ReviewBridge import ReviewBridge


@pytest.fixture
def volume(workplace, oblique):
    return workplace.volume_on(oblique)


@pytest.fixture
def bridge(workplace):
    return ResultBridge(workplace.scene)


def item_names(workplace, parent):
    ids = vtk.vtkIdList()
    workplace.hierarchy.GetItemChildren(parent, ids, False)
    return {workplace.hierarchy.GetItemName(ids.GetId(n)) for n in range(ids.GetNumberOfIds())}


def test_a_result_becomes_two_segments_two_boxes_and_a_table(bridge, volume, oblique):
    nodes = bridge.show(result_on(oblique), volume)
    assert nodes.segmentation.GetSegmentation().GetSegmentIDs() == ("femur_left", "femur_right")
    assert len(nodes.boxes) == 2
    assert nodes.findingsTable.GetNumberOfRows() == 2


def test_every_node_says_whose_it_is_and_what_for(bridge, volume, oblique):
    nodes = bridge.show(result_on(oblique), volume)
    parts = [nodes.segmentation, *nodes.boxes, nodes.findingsTable, nodes.resultText, nodes.originalMasks]
    assert {node.GetAttribute("OrthoAI.ResultId") for node in parts} == {nodes.resultId}
    roles = [node.GetAttribute("OrthoAI.Role") for node in parts]
    assert roles == ["segmentation", "box", "box", "findings", "result", "original"]


def test_segments_have_names_and_colors_for_people(bridge, volume, oblique):
    segment = bridge.show(result_on(oblique), volume).segmentation.GetSegmentation().GetSegment("femur_right")
    assert segment.GetName() == "Femur right"
    np.testing.assert_allclose(np.array(segment.GetColor()) * 255, (86, 180, 233))


def test_what_is_shown_has_display_nodes(bridge, volume, oblique):
    nodes = bridge.show(result_on(oblique), volume)
    for node in (nodes.segmentation, *nodes.boxes):
        assert node.GetDisplayNode() is not None
        assert node.GetDisplayVisibility()


def test_the_records_are_hidden_from_the_user(bridge, volume, oblique):
    nodes = bridge.show(result_on(oblique), volume)
    assert nodes.resultText.GetHideFromEditors()
    assert nodes.originalMasks.GetHideFromEditors()


def test_the_stored_result_is_the_result(bridge, volume, oblique):
    result = result_on(oblique)
    nodes = bridge.show(result, volume)
    assert nodes.stored().to_json() == result.to_json()
    assert nodes.taskName == "femur"
    assert nodes.volumeNode is volume


def test_nothing_found_keeps_the_message_and_gives_empty_segments_to_draw_in(workplace, bridge, volume, oblique):
    result = result_on(oblique, labels_on(oblique, absent=(1, 2)), message="No femur was found.")
    nodes = bridge.show(result, volume, extents={})
    assert nodes.stored().message == "No femur was found."
    assert nodes.segmentation.GetSegmentation().GetSegmentIDs() == ("femur_left", "femur_right")
    assert nodes.boxes == ()
    assert nodes.findingsTable.GetNumberOfRows() == 0
    assert same_result(ReviewBridge(workplace.scene).result(nodes, volume), result)


def test_a_side_that_was_not_found_is_an_empty_segment(workplace, bridge, volume, oblique):
    result = result_on(oblique, labels_on(oblique, absent=(2,)))
    nodes = bridge.show(result, volume)
    assert nodes.segmentation.GetSegmentation().GetSegmentIDs() == ("femur_left", "femur_right")
    assert same_result(ReviewBridge(workplace.scene).result(nodes, volume), result)


def test_a_task_that_is_not_installed_is_shown_by_its_names(bridge, volume, oblique):
    result = replace(result_on(oblique), task="knee", labels={1: "femur_left", 2: "patella"})
    nodes = bridge.show(result, volume)
    segmentation = nodes.segmentation.GetSegmentation()
    assert [segmentation.GetSegment(name).GetName() for name in ("femur_left", "patella")] == ["Femur left", "Patella"]
    assert len(nodes.boxes) == 2


def test_two_results_of_one_volume_stay_apart(workplace, bridge, volume, oblique):
    first = bridge.show(result_on(oblique), volume)
    second = bridge.show(result_on(oblique, labels_on(oblique, seed=1)), volume)
    assert first.resultId != second.resultId
    assert bridge.load() == [first, second]
    assert ResultNodes.find(workplace.scene, second.resultId) == second
    names = [node.GetName() for node in (first.segmentation, second.segmentation)]
    assert len(set(names)) == 2


def test_a_result_that_is_not_there_is_not_found(workplace):
    assert ResultNodes.find(workplace.scene, "none") is None
    assert ResultBridge(workplace.scene).load() == []


# Place in the scene


def test_the_folder_stands_beside_the_volume_in_its_study(workplace, bridge, volume, oblique):
    hierarchy = workplace.hierarchy
    study = hierarchy.CreateStudyItem(hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "subject"), "study")
    hierarchy.CreateItem(study, volume)
    nodes = bridge.show(result_on(oblique), volume)
    assert hierarchy.GetItemParent(nodes.folderItem) == study
    assert hierarchy.GetItemLevel(nodes.folderItem) == "Folder"
    assert hierarchy.GetItemName(nodes.folderItem) == "Segment Femur"
    assert item_names(workplace, nodes.folderItem) == {
        *("Segment Femur masks", "Femur left box", "Femur right box", "Segment Femur findings")
    }


def test_without_items_of_its_own_the_folder_stands_in_the_scene(workplace, bridge, volume, oblique):
    nodes = bridge.show(result_on(oblique), volume)
    assert workplace.hierarchy.GetItemParent(nodes.folderItem) == workplace.hierarchy.GetSceneItemID()


def test_items_that_slicer_made_are_moved_not_doubled(workplace, bridge, volume, oblique):
    """In Slicer a node has an item as soon as it is in the scene."""

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def add_item(_scene, _event, node):
        if not node.GetHideFromEditors() and node.IsA("vtkMRMLStorableNode"):
            workplace.hierarchy.CreateItem(workplace.hierarchy.GetSceneItemID(), node)

    workplace.scene.AddObserver(workplace.scene.NodeAddedEvent, add_item)
    nodes = bridge.show(result_on(oblique), volume)
    assert len(item_names(workplace, nodes.folderItem)) == 4
    assert workplace.items() == sorted(
        ["Segment Femur", "Segment Femur masks", "Femur left box", "Femur right box", "Segment Femur findings"]
    )


def test_masks_and_boxes_share_the_volumes_transform(workplace, bridge, volume, oblique):
    moved = np.eye(4)
    moved[:3, 3] = 5, -6, 7
    transform = workplace.transform(moved)
    volume.SetAndObserveTransformNodeID(transform.GetID())
    result = result_on(oblique)
    nodes = bridge.show(result, volume)
    assert nodes.segmentation.GetParentTransformNode() is transform
    assert all(box.GetParentTransformNode() is transform for box in nodes.boxes)
    assert same_result(ReviewBridge(workplace.scene).result(nodes, volume), result)


def test_a_findings_place_is_given_in_the_world(workplace, bridge, volume, oblique):
    result = result_on(oblique)
    nodes = bridge.show(result, volume)
    x, y, z = result.findings[1].place.lps
    np.testing.assert_allclose(bridge.findingPosition(nodes, volume, 1), (-x, -y, z))
    moved = np.eye(4)
    moved[:3, 3] = 5, -6, 7
    volume.SetAndObserveTransformNodeID(workplace.transform(moved).GetID())
    np.testing.assert_allclose(bridge.findingPosition(nodes, volume, 1), (-x + 5, -y - 6, z + 7))


def test_a_hardened_transform_takes_the_findings_along(bridge, volume, oblique):
    result = result_on(oblique)
    nodes = bridge.show(result, volume)
    x, y, z = result.findings[0].place.lps
    matrix = np.eye(4)
    matrix[:3, 3] = 5, -6, 7
    volume.ApplyTransformMatrix(toMatrix(matrix))
    np.testing.assert_allclose(bridge.findingPosition(nodes, volume, 0), (-x + 5, -y - 6, z + 7))


def test_a_finding_without_a_place_has_no_position(bridge, volume, oblique):
    result = result_on(oblique)
    result = replace(result, findings=tuple(replace(finding, place=None) for finding in result.findings))
    nodes = bridge.show(result, volume)
    assert bridge.findingPosition(nodes, volume, 0) is None


# Taking it away


def test_removing_a_result_leaves_the_scene_as_it_was(workplace, bridge, volume, oblique):
    workplace.hierarchy.CreateItem(workplace.hierarchy.GetSceneItemID(), volume)
    nodes_before, items_before = workplace.ids(), workplace.items()
    nodes = bridge.show(result_on(oblique), volume)
    assert workplace.ids() != nodes_before
    nodes.remove(workplace.scene)
    assert workplace.ids() == nodes_before
    assert workplace.items() == items_before


def test_removing_one_of_two_results_leaves_the_other(workplace, bridge, volume, oblique):
    first, second = bridge.show(result_on(oblique), volume), bridge.show(result_on(oblique), volume)
    first.remove(workplace.scene)
    assert bridge.load() == [second]


def test_what_a_user_put_into_the_folder_outlives_it(workplace, bridge, volume, oblique):
    nodes = bridge.show(result_on(oblique), volume)
    note = workplace.scene.AddNewNodeByClass("vtkMRMLTableNode", "note")
    item = workplace.hierarchy.CreateItem(nodes.folderItem, note)
    nodes.remove(workplace.scene)
    assert workplace.hierarchy.GetItemParent(item) == workplace.hierarchy.GetSceneItemID()
    assert workplace.items() == ["note"]
    assert workplace.scene.IsNodePresent(note)


@pytest.mark.parametrize("step", ["fillTable", "fillRoi", "toImage"])
def test_a_failure_half_way_leaves_nothing(workplace, bridge, volume, oblique, monkeypatch, step):
    workplace.hierarchy.CreateItem(workplace.hierarchy.GetSceneItemID(), volume)
    nodes_before, items_before = workplace.ids(), workplace.items()

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(module, step, fail)
    with pytest.raises(MemoryError):
        bridge.show(result_on(oblique), volume)
    assert workplace.ids() == nodes_before
    assert workplace.items() == items_before


def test_a_failure_after_the_folder_leaves_no_folder(workplace, bridge, volume, oblique, monkeypatch):
    items_before = workplace.items()

    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(module.Hierarchy, "put", fail)
    with pytest.raises(RuntimeError):
        bridge.show(result_on(oblique), volume)
    assert workplace.items() == items_before


def test_a_result_of_another_volume_is_refused(workplace, bridge, oblique):
    other = workplace.volume_on(replace(oblique, origin=(0.0, 0.0, 0.0)))
    before = workplace.ids()
    with pytest.raises(InputError, match="does not lie on this volume's grid"):
        bridge.show(result_on(oblique), other)
    assert workplace.ids() == before
