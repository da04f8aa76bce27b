"""Scenes that were saved as .mrb and read again."""

from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from bridge_scene import labels_on, result_on, same_result
from orthoai.geometry import Geometry
from orthoai.result import VERTEBRAE, Extra
from orthoai.review import Verdict
from OrthoAILib.Bridge.Grid import Grid, toArray
from OrthoAILib.Bridge.ResultBridge import ResultBridge
from OrthoAILib.Bridge.ReviewBridge import ReviewBridge


def only(results):
    (nodes,) = results
    return nodes


@pytest.mark.parametrize("absent", [(), (1,), (1, 2)])
def test_a_reloaded_result_is_the_result(workplace, oblique, absent):
    result = result_on(oblique, labels_on(oblique, absent=absent), message="Größe: “two” femora < 3 & more.")
    ResultBridge(workplace.scene).show(result, workplace.volume_on(oblique))
    other = workplace.reloaded()
    nodes = only(ResultBridge(other.scene).load())
    review = ReviewBridge(other.scene).review(nodes, nodes.volumeNode, Verdict.APPROVED)
    assert nodes.stored().to_json() == result.to_json()
    assert review.changes == ()
    np.testing.assert_array_equal(review.result.segmentation, result.segmentation)
    assert Grid.ofVolume(nodes.volumeNode).geometry.matches(oblique)
    assert nodes.segmentation.GetSegmentation().GetSegmentIDs() == ("femur_left", "femur_right")


def test_edits_survive_and_are_still_told_from_the_original(workplace, oblique):
    result = result_on(oblique)
    volume = workplace.volume_on(oblique)
    nodes = ResultBridge(workplace.scene).show(result, volume)
    ReviewBridge(workplace.scene).setFindingClass(nodes, 0, "implant")
    ReviewBridge(workplace.scene).setFindingGrade(nodes, 1, "length_mm", 4.0)
    roi = nodes.boxes[0]
    along = toArray(roi.GetObjectToNodeMatrix())[:3, 2] * oblique.spacing[2]
    roi.SetCenter(*(np.array(roi.GetCenter()) + along))
    nodes.segmentation.GetSegmentation().RemoveSegment("femur_right")
    before = ReviewBridge(workplace.scene).review(nodes, volume, Verdict.CORRECTED)

    other = workplace.reloaded()
    nodes = only(ResultBridge(other.scene).load())
    after = ReviewBridge(other.scene).review(nodes, nodes.volumeNode, Verdict.CORRECTED)
    assert [change.kind for change in after.changes] == ["box", "class", "grade", "mask"]
    for one, two in zip(before.changes, after.changes, strict=True):
        assert (one.kind, one.target) == (two.kind, two.target)
    assert after.changes[2:] == before.changes[2:]
    assert [finding.confirmed for finding in after.result.findings] == [(), ("length_mm",)]
    np.testing.assert_allclose(after.result.boxes[0].index_min, before.result.boxes[0].index_min, atol=1e-3)
    np.testing.assert_array_equal(after.result.segmentation, before.result.segmentation)


def test_the_folder_and_the_table_come_back(workplace, oblique):
    ResultBridge(workplace.scene).show(result_on(oblique), workplace.volume_on(oblique))
    other = workplace.reloaded()
    nodes = only(ResultBridge(other.scene).load())
    hierarchy = other.hierarchy
    assert hierarchy.GetItemName(nodes.folderItem) == "Segment Femur"
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(nodes.segmentation)) == nodes.folderItem
    table = nodes.findingsTable
    assert table.GetNumberOfRows() == 2
    assert table.GetTable().GetColumnByName("Probability").GetDataTypeAsString() == "double"
    assert table.GetCellText(1, table.GetColumnIndex("Flags")) == "truncated at the field of view"


def test_the_records_are_in_the_scenes_own_file(workplace, oblique):
    """Slicer's save dialog writes no files of hidden nodes."""
    nodes = ResultBridge(workplace.scene).show(result_on(oblique), workplace.volume_on(oblique))
    workplace.reloaded()
    assert nodes.resultText.GetStorageNode() is None
    with ZipFile(workplace.folder / "scene.mrb") as archive:
        kinds = {Path(name).suffix for name in archive.namelist() if not name.endswith("/")}
    assert kinds == {".mrml", ".nrrd", ".json", ".tsv"}


def test_the_transform_comes_back_with_all_its_nodes(workplace, oblique):
    result, volume = result_on(oblique), workplace.volume_on(oblique)
    matrix = np.eye(4)
    matrix[:3, 3] = 3, 4, 5
    volume.SetAndObserveTransformNodeID(workplace.transform(matrix).GetID())
    ResultBridge(workplace.scene).show(result, volume)
    other = workplace.reloaded()
    nodes = only(ResultBridge(other.scene).load())
    assert nodes.volumeNode.GetParentTransformNode() is not None
    assert same_result(
        ReviewBridge(other.scene).result(nodes, nodes.volumeNode),
        ReviewBridge(workplace.scene).result(only(ResultBridge(workplace.scene).load()), volume),
    )


def test_a_scene_added_to_itself_holds_two_whole_results(workplace, oblique):
    result = result_on(oblique)
    ResultBridge(workplace.scene).show(result, workplace.volume_on(oblique))
    other = workplace.reloaded()
    assert other.scene.ReadFromMRB(str(workplace.folder / "scene.mrb"), False)
    first, second = ResultBridge(other.scene).load()
    assert {first.segmentation, *first.boxes}.isdisjoint({second.segmentation, *second.boxes})
    assert len(first.boxes) == len(second.boxes) == 2
    assert first.resultId != second.resultId
    for nodes in (first, second):
        assert ReviewBridge(other.scene).review(nodes, nodes.volumeNode, None).changes == ()


def test_a_record_of_a_long_noisy_mask_is_not_cut(workplace):
    geometry = Geometry((60, 150, 150))
    labels = (np.random.default_rng(0).random(geometry.shape) < 0.5).astype(np.uint8)
    result = result_on(geometry, labels)
    nodes = ResultBridge(workplace.scene).show(result, workplace.volume_on(geometry))
    assert len(nodes.originalMasks.GetText()) > 200_000
    other = workplace.reloaded()
    again = only(ResultBridge(other.scene).load())
    assert again.originalMasks.GetText() == nodes.originalMasks.GetText()


def test_the_numbered_bodies_survive_and_come_with_the_review(workplace, oblique):
    bodies = labels_on(oblique, seed=3)
    result = replace(result_on(oblique), extras=(Extra(VERTEBRAE, bodies, {1: "L5", 2: "L4"}),))
    ResultBridge(workplace.scene).show(result, workplace.volume_on(oblique))
    other = workplace.reloaded()
    nodes = only(ResultBridge(other.scene).load())
    (extra,) = ReviewBridge(other.scene).review(nodes, nodes.volumeNode, Verdict.APPROVED).result.extras
    assert (extra.name, extra.labels) == (VERTEBRAE, {1: "L5", 2: "L4"})
    np.testing.assert_array_equal(extra.voxels, bodies)
    nodes.remove(other.scene)
    assert other.scene.GetNumberOfNodesByClass("vtkMRMLTextNode") == 0


def test_a_result_without_numbered_bodies_has_none_in_its_review(workplace, oblique):
    nodes = ResultBridge(workplace.scene).show(result_on(oblique), workplace.volume_on(oblique))
    assert nodes.vertebrae is None
    assert ReviewBridge(workplace.scene).result(nodes, nodes.volumeNode).extras == ()
