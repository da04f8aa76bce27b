"""The segmentation widgets of the host work on real MRML nodes and the real editor logic."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def nodes(host):
    import slicer

    volume = slicer.util.addVolumeFromArray(np.zeros((6, 7, 8), np.int16), name="CT")
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Femur")
    segmentation.CreateDefaultDisplayNodes()
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    for name in ("left", "right"):
        segmentation.GetSegmentation().AddEmptySegment(name, name)
    return volume, segmentation


def paint(segmentation, volume, segmentId, rows):
    import slicer

    voxels = np.zeros((6, 7, 8), np.uint8)
    voxels[rows] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(voxels, segmentation, segmentId, volume)


def voxelCount(segmentation, volume, segmentId):
    import slicer

    return int(slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segmentId, volume).sum())


@pytest.fixture
def editor(nodes):
    import slicer

    volume, segmentation = nodes
    widget = slicer.qMRMLSegmentEditorWidget()
    widget.setMRMLScene(slicer.mrmlScene)
    widget.setMRMLSegmentEditorNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    widget.setSegmentationNode(segmentation)
    widget.setSourceVolumeNode(volume)
    return widget


def test_the_editor_selects_the_first_segment(editor, nodes):
    assert editor.currentSegmentID() == "left"
    assert editor.sourceVolumeNode() is nodes[0]


def test_the_editor_refuses_nodes_before_its_own_node(nodes):
    import slicer

    with pytest.raises(RuntimeError, match="setMRMLSegmentEditorNode"):
        slicer.qMRMLSegmentEditorWidget().setSegmentationNode(nodes[1])


def test_undo_and_redo_bring_the_mask_back_and_forth(editor, nodes):
    volume, segmentation = nodes
    paint(segmentation, volume, "left", slice(1, 2))
    editor.saveStateForUndo()
    paint(segmentation, volume, "left", slice(1, 4))
    editor.undo()
    assert voxelCount(segmentation, volume, "left") == 56
    editor.redo()
    assert voxelCount(segmentation, volume, "left") == 168


def test_the_active_effect_is_known_by_its_name(editor):
    editor.setActiveEffectByName("Paint")
    assert editor.activeEffect().name == "Paint"
    editor.activeEffect().setParameter("BrushRadius", 3)
    assert editor.effectByName("Paint").parameter("BrushRadius") == "3"
    editor.setActiveEffect(None)
    assert editor.activeEffect() is None


def test_the_editor_announces_the_segment(editor):
    seen = []
    editor.connect("currentSegmentIDChanged(QString)", seen.append)
    editor.setCurrentSegmentID("right")
    assert seen == ["right"]


def test_the_table_lists_selects_and_hides_segments(nodes):
    import qt
    import slicer

    _, segmentation = nodes
    table = slicer.qMRMLSegmentsTableView()
    table.setSegmentationNode(segmentation)
    assert table.displayedSegmentIDs() == ("left", "right")
    table.setSelectedSegmentIDs(["right"])
    assert table.selectedSegmentIDs() == ("right",)
    table.tableWidget().item(0, 0).setCheckState(qt.Qt.Unchecked)
    assert not segmentation.GetDisplayNode().GetSegmentVisibility("left")
    segmentation.GetSegmentation().RemoveSegment("left")
    assert table.displayedSegmentIDs() == ("right",)


def test_the_3d_button_makes_and_removes_surfaces(nodes):
    import slicer

    volume, segmentation = nodes
    paint(segmentation, volume, "left", slice(1, 4))
    button = slicer.qMRMLSegmentationShow3DButton()
    button.setSegmentationNode(segmentation)
    button.click()
    assert segmentation.GetSegmentation().ContainsRepresentation("Closed surface")
    button.click()
    assert not segmentation.GetSegmentation().ContainsRepresentation("Closed surface")


def test_a_table_node_is_shown_and_edited(host):
    import qt
    import slicer
    import vtk

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode")
    column = vtk.vtkStringArray()
    column.SetName("Finding")
    column.InsertNextValue("wedge")
    node.AddColumn(column)
    view = slicer.qMRMLTableView()
    view.setMRMLTableNode(node)
    model = view.model()
    assert model.headerData(0, qt.Qt.Horizontal) == "Finding"
    model.setData(model.index(0, 0), "crush")
    assert node.GetCellText(0, 0) == "crush"
