"""An image may have several results: each can be shown and reviewed again."""

from __future__ import annotations

import pytest
from orthoai.review import Verdict


def child(bench, name):
    import slicer

    return slicer.util.findChild(bench.panel.widget, name)


def offered(bench):
    selector = child(bench, "resultSelector")
    return [selector.itemText(number) for number in range(selector.count)]


def choose(bench, index):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    selector = child(bench, "resultSelector")
    steps = index - selector.currentIndex
    for _ in range(abs(steps)):
        QTest.keyClick(selector, Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)
    bench.host.processEvents()


@pytest.fixture
def two(bench):
    """Two runs of one task: (bench, nodes of the first, nodes of the second)."""
    first = bench.run()
    assert not child(bench, "resultSelector").visible
    second = bench.run()
    bench.host.processEvents()
    assert second.resultId != first.resultId
    return bench, first, second


def test_the_older_of_two_results_is_chosen_shown_and_reviewed(two):
    bench, first, second = two
    assert offered(bench) == ["Segment Femur", "Segment Femur (2)"]
    choose(bench, 0)
    assert bench.result == first and bench.panel.reviewPanel.session.nodes == first
    assert first.segmentation.GetDisplayNode().GetVisibility()
    assert not second.segmentation.GetDisplayNode().GetVisibility()
    assert child(bench, "resultSelector").currentIndex == 0


def test_each_result_keeps_its_verdict_when_the_other_is_chosen(two):
    bench, _, second = two
    bench.panel.reviewPanel.verdicts.choose(Verdict.FLAGGED)
    choose(bench, 0)
    assert bench.panel.reviewPanel.session.state.verdict is None
    bench.panel.reviewPanel.verdicts.choose(Verdict.APPROVED)
    choose(bench, 1)
    assert bench.result == second and bench.panel.reviewPanel.session.state.verdict is Verdict.FLAGGED
    choose(bench, 0)
    assert bench.panel.reviewPanel.session.state.verdict is Verdict.APPROVED


def test_a_result_that_is_deleted_is_offered_no_longer(two):
    import slicer

    bench, first, second = two
    first.remove(slicer.mrmlScene)
    bench.host.processEvents()
    assert offered(bench) == [] and not child(bench, "resultSelector").visible
    assert bench.result == second


def test_no_other_result_is_chosen_during_a_run(two):
    bench, *_ = two
    assert child(bench, "resultSelector").enabled
    bench.click()
    assert not child(bench, "resultSelector").enabled
    bench.wait()
    assert offered(bench) == ["Segment Femur", "Segment Femur (2)", "Segment Femur (3)"]


def test_results_of_another_image_are_not_offered(two):
    import slicer
    from panel_bench import addLegs

    bench, *_ = two
    bench.panel._node.inputVolume = addLegs("Other legs")
    bench.host.processEvents()
    assert bench.result is None and offered(bench) == []
    bench.panel._node.inputVolume = slicer.util.getNode("Legs")
    bench.host.processEvents()
    assert len(offered(bench)) == 2
