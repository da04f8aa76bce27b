"""The Input part: which image is taken, what is said of it, and why a task cannot run on it."""

from __future__ import annotations

import numpy as np
import pytest
from panel_bench import addLegs


@pytest.fixture
def empty(openPanel):
    return openPanel(volume=False)


def text(bench, name):
    return getattr(bench.panel.inputPanel._ui, name).text


def test_the_image_that_is_there_is_taken_when_the_module_opens(bench):
    assert bench.module.widget.logic.getParameterNode().inputVolume.GetName() == "Legs"
    assert bench.button.enabled


def test_without_an_image_the_button_says_what_to_do(empty):
    assert not empty.button.enabled
    assert empty.button.toolTip == "Choose a CT volume first."
    assert (text(empty, "modalityText"), text(empty, "seriesText")) == ("", "")


def test_the_first_image_that_is_loaded_is_taken_and_a_second_one_is_not(empty):
    first = addLegs("First")
    addLegs("Second")
    assert empty.module.widget.logic.getParameterNode().inputVolume is first
    assert empty.button.enabled and text(empty, "seriesText") == "First"


def test_a_label_map_is_not_taken(empty):
    import slicer

    slicer.util.addVolumeFromArray(np.zeros((3, 3, 3), np.int16), nodeClassName="vtkMRMLLabelMapVolumeNode")
    assert empty.module.widget.logic.getParameterNode().inputVolume is None


def test_an_image_gets_its_voxels_later_and_the_button_follows(empty):
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    assert empty.button.toolTip == "The volume holds no image; load it again."
    slicer.util.updateVolumeFromArray(node, np.full((3, 4, 5), -1000, np.int16))
    assert empty.button.enabled
    assert text(empty, "modalityText").endswith("5 × 4 × 3 voxels of 1.00 × 1.00 × 1.00 mm")


def test_the_modality_is_told_with_the_grid(bench):
    assert text(bench, "modalityText") == "CT, 60 × 24 × 30 voxels of 5.00 × 4.00 × 8.00 mm"


def test_patient_study_and_series_are_named_as_the_data_module_names_them(bench):
    import slicer

    scene = slicer.mrmlScene
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Patient A")
    study = hierarchy.CreateStudyItem(patient, "Study B")
    volume = slicer.util.getNode("Legs")
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(volume) or hierarchy.CreateItem(study, volume), study)
    bench.panel.inputPanel.showVolume(volume)
    assert text(bench, "seriesText") == "Patient A / Study B / Legs"


def test_an_mr_image_cannot_be_run_and_the_tooltip_says_why(bench):
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    hierarchy.SetItemAttribute(hierarchy.GetItemByDataNode(slicer.util.getNode("Legs")), "DICOM.Modality", "MR")
    bench.module.widget.enter()
    assert bench.button.toolTip == "This task needs CT, and the volume's modality is MR."
    assert not bench.button.enabled


def test_deleting_the_image_empties_the_part(bench):
    import slicer

    slicer.mrmlScene.RemoveNode(slicer.util.getNode("Legs"))
    bench.host.processEvents()
    assert not bench.button.enabled and text(bench, "modalityText") == ""


def test_a_new_name_and_a_new_voxel_size_are_told_at_once(bench):
    import slicer

    volume = slicer.util.getNode("Legs")
    volume.SetName("Left leg")
    volume.SetSpacing(5.0, 4.0, 2.0)
    assert text(bench, "seriesText") == "Left leg"
    assert "5.00 × 4.00 × 2.00 mm" in text(bench, "modalityText")


def test_a_transform_that_the_image_gets_is_noticed_at_once(bench):
    import slicer

    warp = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLBSplineTransformNode")
    volume = slicer.util.getNode("Legs")
    volume.SetAndObserveTransformNodeID(warp.GetID())
    assert not bench.button.enabled and "non-linear transform" in bench.button.toolTip
    volume.SetAndObserveTransformNodeID(None)
    assert bench.button.enabled
