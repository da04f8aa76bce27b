"""Undo and redo in the review panel, with its buttons and keys."""

from __future__ import annotations

import numpy as np
import pytest
from review_room import click, erase, findingClass, press


def test_undo_and_redo_of_a_class_with_the_buttons_and_the_keys(room):
    room.reviews.setFindingClass(room.nodes, 0, "femur_right")
    assert "Femur left: Present to Femur right (Ctrl+Z)" in room.child("undoButton").toolTip
    click(room, "undoButton")
    assert findingClass(room.nodes, 0) == "present"
    press(room, "Ctrl+Shift+Z")
    assert findingClass(room.nodes, 0) == "femur_right"
    press(room, "Ctrl+Z")
    assert findingClass(room.nodes, 0) == "present"


def test_a_dragged_box_becomes_one_edit_when_it_rests(room):
    box = room.nodes.boxes[0]
    before = list(box.GetCenter())
    for step in range(1, 5):
        box.SetCenter(before[0] + step, before[1], before[2])
        room.host.processEvents()
    assert room.host.processEvents(until=lambda: room.panel.session.isUnsaved)
    click(room, "undoButton")
    assert list(box.GetCenter()) == pytest.approx(before)
    assert not room.child("undoButton").enabled


def test_undo_takes_a_stroke_back_before_the_box_that_was_moved_earlier(room):
    editor = room.child("segmentEditor")
    before = list(room.nodes.boxes[0].GetCenter())
    room.nodes.boxes[0].SetCenter(before[0] + 1, before[1], before[2])
    room.panel.session.settle()
    editor.saveStateForUndo()
    erase(room.nodes, "femur_left")
    voxels = room.reviews.result(room.nodes, room.volumeNode).segmentation
    assert not (voxels == 1).any()
    press(room, "Ctrl+Z")
    voxels = room.reviews.result(room.nodes, room.volumeNode).segmentation
    assert np.array_equal(voxels, room.result.segmentation)
    assert list(room.nodes.boxes[0].GetCenter()) == pytest.approx([before[0] + 1, *before[1:]])
    press(room, "Ctrl+Z")
    assert list(room.nodes.boxes[0].GetCenter()) == pytest.approx(before)
