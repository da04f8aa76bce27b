"""The result panel in the host, with real clicks and keys."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture
def panel(host, addResult):
    """The panel on a small result; with an axial and a sagittal slice view, and no layout manager."""
    import slicer
    from orthoai.tasks import get_task
    from OrthoAILib.Panels.ResultPanel import ResultPanel

    scene = host.scene
    shown = addResult(scene)
    slices = []
    for name, orientation in (("Red", "SetOrientationToAxial"), ("Yellow", "SetOrientationToSagittal")):
        node = slicer.vtkMRMLSliceNode()
        node.SetLayoutName(name)
        node.SetName(name)
        node = scene.AddNode(node)
        getattr(node, orientation)()
        node.SetFieldOfView(400.0, 400.0, 1.0)
        slices.append(node)
    panel = ResultPanel()
    panel.setResult(shown.nodes, shown.volumeNode, get_task("femur"))
    panel.widget.resize(420, 700)
    panel.widget.show()
    host.processEvents()
    yield SimpleNamespace(panel=panel, slices=slices, host=host, **vars(shown))
    panel.setResult(None, None, None)
    panel.widget.deleteLater()
    host.processEvents()


def child(panel, name):
    import slicer

    return slicer.util.findChild(panel.panel.widget, name)


def clickRow(panel, row, column=0):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    table = child(panel, "findingsTable")
    place = table.visualItemRect(table.item(row, column)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    panel.host.processEvents()


def offsets(panel):
    """Of the axial slice along S and of the sagittal one along R, mm."""
    axial, sagittal = (node.GetSliceToRAS() for node in panel.slices)
    return [axial.GetElement(2, 3), sagittal.GetElement(0, 3)]


def place(panel, row):
    x, y, z = panel.result.findings[row].place.lps
    return -x, -y, z


def test_a_row_shows_what_was_found_in_words(panel):
    table = child(panel, "findingsTable")
    texts = [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount)]
    assert texts[0][:3] == ["Femur left", "Present", "90 %"]
    assert texts[0][3] == "truncated at the field of view; Volume 0.324 mL"
    assert texts[1][3] == "Volume 0.324 mL"
    assert child(panel, "messageText").text == "Found two femora."


def test_a_click_on_a_finding_moves_every_slice_to_it(panel):
    assert place(panel, 0)[0] != place(panel, 1)[0]
    for row in (1, 0):
        clickRow(panel, row)
        r, _a, s = place(panel, row)
        assert offsets(panel) == pytest.approx([s, r])


def test_a_click_on_the_chosen_row_brings_the_slices_back(panel):
    clickRow(panel, 0)
    panel.slices[0].SetSliceOffset(-300.0)
    clickRow(panel, 0)
    assert offsets(panel)[0] == pytest.approx(place(panel, 0)[2])


def test_the_arrow_keys_walk_through_the_findings(panel):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    clickRow(panel, 0)
    QTest.keyClick(child(panel, "findingsTable"), Qt.Key.Key_Down)
    panel.host.processEvents()
    assert offsets(panel)[1] == pytest.approx(place(panel, 1)[0])


def test_a_view_that_does_not_show_the_place_is_centered_on_it(panel):
    red = panel.slices[0]
    red.SetFieldOfView(2.0, 2.0, 1.0)
    clickRow(panel, 0)
    center = [red.GetSliceToRAS().GetElement(n, 3) for n in range(3)]
    assert center == pytest.approx(place(panel, 0))


def test_findings_under_a_transform_are_found_where_they_are_shown(panel):
    import slicer
    import vtk

    matrix = vtk.vtkMatrix4x4()
    for n, value in enumerate((10.0, 20.0, 30.0)):
        matrix.SetElement(n, 3, value)
    transform = panel.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(matrix)
    panel.volumeNode.SetAndObserveTransformNodeID(transform.GetID())
    clickRow(panel, 0)
    r, _a, s = place(panel, 0)
    assert offsets(panel) == pytest.approx([s + 30, r + 10])
    assert isinstance(panel.volumeNode.GetParentTransformNode(), slicer.vtkMRMLTransformNode)


def test_a_class_is_chosen_with_the_mouse_and_the_keyboard_and_kept_in_the_review(panel):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    edited = []
    panel.panel.resultEdited.connect(lambda: edited.append(1))
    clickRow(panel, 1)
    selector = child(panel, "classSelector")
    assert [selector.itemText(n) for n in range(selector.count)] == ["Present", "Femur left", "Femur right"]
    assert selector.currentText == "Present"
    selector.setFocus()
    QTest.keyClick(selector, Qt.Key.Key_Down)
    panel.host.processEvents()
    assert edited == [1]
    assert panel.bridge.result(panel.nodes, panel.volumeNode).findings[1].label == "femur_left"
    assert child(panel, "findingsTable").item(1, 1).text() == "Femur left"
    assert child(panel, "findingsTable").currentRow() == 1


@pytest.fixture
def graded(panel):
    """The panel, with a task that grades its findings beside their volume."""
    from orthoai.tasks import Grade, get_task

    task = replace(get_task("femur"), grade=Grade("volume_ml", "Some grade", (1, 2, 3)))
    panel.panel.setResult(panel.nodes, panel.volumeNode, task)
    panel.host.processEvents()
    return panel


def confirmed(panel, row):
    """What the review says that a person stands behind."""
    finding = panel.bridge.result(panel.nodes, panel.volumeNode).findings[row]
    return {name: finding.measurements[name].value for name in finding.confirmed}


def test_a_grade_is_set_and_taken_back_with_the_keyboard_and_kept_in_the_review(graded):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    edited = []
    graded.panel.resultEdited.connect(lambda: edited.append(1))
    clickRow(graded, 1)
    selector = child(graded, "gradeSelector")
    assert child(graded, "gradeLabel").text == "Some grade is:"
    texts = [selector.itemText(n) for n in range(selector.count)]
    assert texts == ["0.324 (by the model, not confirmed)", "1", "2", "3"]
    assert selector.currentText == texts[0] and confirmed(graded, 1) == {}
    selector.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(selector, key)
    graded.host.processEvents()
    assert edited == [1, 1] and selector.currentText == "2"
    assert confirmed(graded, 1) == {"volume_ml": 2.0} and confirmed(graded, 0) == {}
    assert child(graded, "findingsTable").item(1, 3).text() == "Volume 2 mL (reviewed)"
    clickRow(graded, 0)
    assert selector.currentText == texts[0]
    clickRow(graded, 1)
    QTest.keyClick(selector, Qt.Key.Key_Home)
    graded.host.processEvents()
    assert selector.currentText == texts[0] and confirmed(graded, 1) == {}


def test_a_task_without_grades_has_no_place_for_them(panel):
    clickRow(panel, 1)
    assert not child(panel, "gradeSelector").visible and not child(panel, "gradeLabel").visible
    assert child(panel, "classSelector").visible


def test_a_grade_set_elsewhere_is_shown_whatever_it_is(graded):
    clickRow(graded, 0)
    graded.bridge.setFindingGrade(graded.nodes, 0, "volume_ml", 7.0)
    assert child(graded, "gradeSelector").currentText == "7"


def test_a_class_changed_elsewhere_is_shown(panel):
    panel.bridge.setFindingClass(panel.nodes, 0, "femur_right")
    assert child(panel, "findingsTable").item(0, 1).text() == "Femur right"


def test_nothing_can_be_changed_during_a_run_but_everything_looked_at(panel):
    panel.panel.setEnabled(False)
    clickRow(panel, 1)
    assert offsets(panel)[1] == pytest.approx(place(panel, 1)[0])
    assert not child(panel, "classSelector").enabled and not child(panel, "rerunButton").enabled
    panel.panel.setEnabled(True)
    assert child(panel, "classSelector").enabled and child(panel, "rerunButton").enabled


def test_a_click_on_a_box_moves_the_slices_and_its_check_mark_hides_it(panel):
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    boxes = child(panel, "boxList")
    rect = boxes.visualItemRect(boxes.item(1))
    QTest.mouseClick(boxes.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    panel.host.processEvents()
    center = [0.0] * 3
    panel.nodes.boxes[1].GetCenterWorld(center)
    assert offsets(panel) == pytest.approx([center[2], center[0]])
    QTest.mouseClick(boxes.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(rect.left() + 10, rect.center().y()))
    panel.host.processEvents()
    assert not panel.nodes.boxes[1].GetDisplayNode().GetVisibility()
    assert panel.nodes.boxes[0].GetDisplayNode().GetVisibility()


def test_a_box_hidden_elsewhere_loses_its_check_mark(panel):
    from PySide6.QtCore import Qt

    panel.nodes.boxes[0].GetDisplayNode().SetVisibility(False)
    assert child(panel, "boxList").item(0).checkState() == Qt.CheckState.Unchecked


def test_rerun_is_asked_for_by_a_click(panel):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    asked = []
    panel.panel.rerunRequested.connect(lambda: asked.append(1))
    QTest.mouseClick(child(panel, "rerunButton"), Qt.MouseButton.LeftButton)
    panel.host.processEvents()
    assert asked == [1]


def test_the_masks_are_listed_and_show_3d_makes_surfaces(panel):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    assert child(panel, "segmentsTable").segmentationNode() is panel.nodes.segmentation
    QTest.mouseClick(child(panel, "show3DButton"), Qt.MouseButton.LeftButton)
    panel.host.processEvents()
    assert panel.nodes.segmentation.GetSegmentation().ContainsRepresentation("Closed surface")


def test_without_a_result_the_panel_is_empty_and_still(panel):
    panel.panel.setResult(None, None, None)
    assert child(panel, "findingsTable").rowCount == 0 and child(panel, "boxList").count == 0
    assert not panel.panel.widget.enabled


def test_a_result_whose_table_or_boxes_were_deleted_is_still_shown(panel):
    from OrthoAILib.Bridge.ResultNodes import ResultNodes

    for node in (panel.nodes.findingsTable, *panel.nodes.boxes):
        panel.scene.RemoveNode(node)
    nodes = ResultNodes.find(panel.scene, panel.nodes.resultId)
    panel.panel.setResult(nodes, panel.volumeNode, None)
    assert child(panel, "findingsTable").rowCount == 0
    assert not child(panel, "rerunButton").enabled and panel.panel.widget.enabled


def test_a_click_after_the_image_was_deleted_goes_nowhere(panel):
    before = offsets(panel)
    panel.nodes.resultText.SetText("damaged")
    clickRow(panel, 1)
    assert offsets(panel) == before


def boxesOf(panel):
    from OrthoAILib.Bridge.ReviewBridge import ReviewBridge

    return ReviewBridge(panel.scene).boxes(panel.panel._nodes, panel.volumeNode)


def click(panel, name):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(child(panel, name), Qt.MouseButton.LeftButton)
    panel.host.processEvents()


def test_a_box_is_added_where_the_slices_show_and_named_after_what_is_missing(panel):
    from orthoai.tasks import get_task
    from OrthoAILib.Bridge.ResultNodes import ResultNodes
    from OrthoAILib.Review.SliceJump import jumpSlices

    selector = child(panel, "boxSelector")
    assert [selector.itemText(number) for number in range(selector.count)] == ["Femur left", "Femur right"]
    panel.scene.RemoveNode(panel.nodes.boxes[1])

    nodes = ResultNodes.find(panel.scene, panel.nodes.resultId)
    panel.panel.setResult(nodes, panel.volumeNode, get_task("femur"))
    assert selector.currentText == "Femur right"
    x, y, z = panel.result.findings[1].place.lps
    jumpSlices(panel.scene, (-x - 2, -y, z))
    added = []
    panel.panel.boxAdded.connect(lambda: added.append(1))
    click(panel, "addBoxButton")
    first, new = boxesOf(panel)
    assert added == [1] and (first.label, new.label, new.score) == ("femur_left", "femur_right", 1.0)
    center = [(low + high) / 2 for low, high in zip(new.lps_min, new.lps_max, strict=True)]
    assert center == pytest.approx([x + 2, y, z])
    extents = [high - low for low, high in zip(first.index_min, first.index_max, strict=True)]
    assert [high - low for low, high in zip(new.index_min, new.index_max, strict=True)] == pytest.approx(extents)
    assert child(panel, "boxList").count == 2
    assert panel.panel._nodes.boxes[1].GetDisplayNode().GetColor() == pytest.approx((86 / 255, 180 / 255, 233 / 255))


def test_the_slices_of_views_at_any_angle_meet_in_one_place():
    slicer = pytest.importorskip("slicer", reason="needs slicer-core")
    from OrthoAILib.Review.ShownPlace import shownPlace

    scene, place, default = slicer.vtkMRMLScene(), np.array([11.0, -7.0, 30.0]), (1.0, 2.0, 3.0)
    assert shownPlace(scene, default) == default
    axes = {"Red": (0.3, -0.2, 0.93), "Yellow": (0.9, 0.1, 0.42), "Green": (0.0, 0.8, -0.6), "Left over": (1, 1, 1)}
    for name, axis in axes.items():
        node = slicer.vtkMRMLSliceNode()
        node.SetLayoutName(name)
        normal = axis / np.linalg.norm(axis)
        across = np.cross(normal, (0.0, 0.0, 1.0))
        across /= np.linalg.norm(across)
        elsewhere = 3.0 * normal if name == "Left over" else 25.0 * across  # In its plane a view shows what it likes.
        scene.AddNode(node).SetSliceToRASByNTP(*normal, *across, *(place + elsewhere), 0)
        if name == "Red":
            step = np.subtract(shownPlace(scene, default), default)
            assert np.cross(step, normal) == pytest.approx(0) and step @ normal == pytest.approx(
                (place - default) @ normal
            )
    assert shownPlace(scene, default) == pytest.approx(tuple(place), abs=1e-6)


def test_without_a_result_or_during_a_run_no_box_is_added(panel):
    panel.panel.setEnabled(False)
    assert not child(panel, "addBoxButton").enabled
    panel.panel.setEnabled(True)
    assert child(panel, "addBoxButton").enabled
    panel.panel.setResult(None, None, None)
    assert not child(panel, "addBoxButton").enabled and child(panel, "boxSelector").count == 0


def test_all_that_is_known_of_the_chosen_finding_is_read_without_scrolling(panel):
    detail, table = child(panel, "detailText"), child(panel, "findingsTable")
    assert not detail.visible
    table.selectRow(0)
    assert detail.visible and detail.text == table.item(0, 3).text()
    assert detail.text == "truncated at the field of view; Volume 0.324 mL"
    assert sum(map(table.columnWidth, range(3))) < 300  # As Qt lays them out, and the details are out of sight.
    panel.panel.setResult(None, None, None)
    assert not detail.visible
