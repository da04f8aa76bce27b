"""A task that tells fractures apart gets its button, its table and its classes without a line of its own."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from bridge_scene import FRACTURES, fracture_task, fractures_on, ras_matrix, slicer, volume_in
from orthoai.review import Verdict
from orthoai.tasks import all_tasks


@pytest.fixture
def panel(host, oblique):
    """The result panel on two fractures."""
    from OrthoAILib.Bridge.ResultBridge import ResultBridge
    from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
    from OrthoAILib.Bridge.Terminology import Terminology
    from OrthoAILib.Panels.ResultPanel import ResultPanel

    result = fractures_on(oblique)
    volume = volume_in(host.scene, ras_matrix(oblique), oblique.shape)
    nodes = ResultBridge(host.scene, Terminology([fracture_task()])).show(result, volume)
    panel = ResultPanel()
    panel.setResult(nodes, volume, fracture_task())
    panel.widget.show()
    host.processEvents()
    yield SimpleNamespace(
        panel=panel, nodes=nodes, volume=volume, result=result, reviews=ReviewBridge(host.scene), host=host
    )
    panel.setResult(None, None, None)
    panel.widget.deleteLater()
    host.processEvents()


def child(panel, name):
    return slicer.util.findChild(panel.panel.widget, name)


def choose(panel, row, label):
    """Click the finding in ``row`` and choose ``label`` in the selector."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    table, selector = child(panel, "findingsTable"), child(panel, "classSelector")
    place = table.visualItemRect(table.item(row, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    panel.host.processEvents()
    names = [selector.itemText(n) for n in range(selector.count)]
    key = Qt.Key.Key_Down if names.index(label) > names.index(selector.currentText) else Qt.Key.Key_Up
    selector.setFocus()
    for _ in range(abs(names.index(label) - names.index(selector.currentText))):
        QTest.keyClick(selector, key)
    panel.host.processEvents()
    return names


def test_every_registered_task_gets_a_button_and_the_femur_is_first(host):
    from OrthoAILib.Panels.TaskPanel import TaskPanel

    panel = TaskPanel([*all_tasks(), fracture_task()])
    layout = panel._ui.taskButtonLayout
    texts = [layout.itemAt(n).widget().text for n in range(layout.count())]
    assert texts[0] == "Segment Femur"
    assert sorted(texts) == sorted([*(task.title for task in all_tasks()), "Classify"])


def test_the_table_tells_level_class_heights_grade_and_flags(panel):
    table = child(panel, "findingsTable")
    texts = [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount)]
    assert [row[:3] for row in texts] == [["L1", "Wedge", "92 %"], ["L2", "Crush", "92 %"]]
    details = texts[0][3]
    for words in ("17.5 mm", "look again", "0.04"):
        assert words in details.replace("_", " "), details


def test_a_class_is_chosen_among_those_of_the_task_and_kept_in_the_review(panel):
    names = choose(panel, 0, "Biconcave")
    assert names == ["Wedge", "Crush", "Biconcave", "Normal"]
    edited = panel.reviews.result(panel.nodes, panel.volume)
    assert [finding.label for finding in edited.findings] == ["biconcave", "crush"]
    choose(panel, 1, "Normal")
    review = panel.reviews.review(panel.nodes, panel.volume, Verdict.CORRECTED, reviewer="R1")
    assert [finding.label for finding in review.result.findings] == ["biconcave", "normal"]
    assert {change.kind for change in review.changes} == {"class", "box", "mask"}
    assert [box.label for box in review.result.boxes] == ["biconcave", "normal"]
    wedge = panel.result.segmentation == 2
    assert np.array_equal(review.result.segmentation, np.where(wedge, 3, 0))
    assert review.result.findings[0].measurements == panel.result.findings[0].measurements


def test_a_task_without_classes_of_its_own_offers_what_it_marks(panel):
    from dataclasses import replace

    panel.panel.setResult(panel.nodes, panel.volume, replace(fracture_task(), classes=()))
    assert choose(panel, 1, "Crush") == ["Crush", "Wedge", "Biconcave"]


def test_segments_carry_class_color_and_the_abnormal_category(panel):
    segmentation = panel.nodes.segmentation.GetSegmentation()
    for name in FRACTURES.values():
        segment, label = segmentation.GetSegment(name), fracture_task().label(name)
        assert segment.GetColor() == pytest.approx([channel / 255 for channel in label.color], abs=0.01)
        assert "~SCT^49755003^Morphologically Abnormal Structure~" in segment.GetTerminology()
