"""The review panel in the host, with real clicks and keys: verdicts and words."""

from __future__ import annotations

import pytest
from review_room import click, down, press, state, typeInto


def test_a_verdict_is_given_with_a_click_and_taken_back_with_another(room):
    click(room, "approveButton")
    assert down(room) == ["approveButton"] and room.node.verdict == "approved"
    click(room, "flagButton")
    assert down(room) == ["flagButton"] and room.node.verdict == "flagged"
    click(room, "flagButton")
    assert down(room) == [] and room.node.verdict == ""


@pytest.mark.parametrize(
    ("keys", "button"),
    [
        ("Ctrl+Shift+A", "approveButton"),
        ("Ctrl+Shift+C", "correctButton"),
        ("Ctrl+Shift+R", "rejectButton"),
        ("Ctrl+Shift+F", "flagButton"),
    ],
)
def test_a_verdict_is_given_from_the_keyboard_and_its_keys_stand_in_the_tooltip(room, keys, button):
    press(room, keys)
    press(room, keys)
    assert down(room) == [button]
    assert f"({keys})" in room.child(button).toolTip


def test_keys_do_nothing_once_the_module_is_left(room):
    room.panel.exit()
    press(room, "Ctrl+Shift+A")
    assert down(room) == []
    room.panel.enter()
    press(room, "Ctrl+Shift+A")
    assert down(room) == ["approveButton"]


def test_words_are_kept_with_the_case_as_they_are_typed(room):
    typeInto(room, "commentEdit", "Cortex thin")
    typeInto(room, "reviewerEdit", "MH")
    assert (state(room).comment, state(room).reviewer) == ("Cortex thin", "MH")
    assert (room.node.comment, room.node.reviewer) == ("Cortex thin", "MH")
    review = room.panel.session.review()
    assert (review.comment, review.reviewer) == ("Cortex thin", "MH")


def test_the_reviewers_name_is_there_for_the_next_result(room, addResult):
    typeInto(room, "reviewerEdit", "MH")
    room.show(addResult(room.host.scene, "cd" * 32))
    assert room.child("reviewerEdit").text == "MH" and state(room).comment == ""


def test_each_result_of_a_scene_keeps_its_own_review(room, addResult):
    click(room, "rejectButton")
    typeInto(room, "commentEdit", "wrong side")
    other = addResult(room.host.scene, "cd" * 32)
    room.show(other)
    assert down(room) == [] and room.child("commentEdit").text == ""
    room.show(room)
    assert down(room) == ["rejectButton"] and room.child("commentEdit").text == "wrong side"


def test_an_edit_after_the_verdict_asks_for_another_one(room):
    click(room, "approveButton")
    room.reviews.setFindingClass(room.nodes, 0, "femur_right")
    room.host.processEvents()
    assert down(room) == [] and "decide again" in room.child("noticeText").text


def test_of_a_case_that_nobody_touched_nothing_is_said_to_be_saved(room):
    line = room.child("stateText")
    assert line.text.startswith("Not exported yet") and "saved" not in line.text
    click(room, "approveButton")
    assert line.text.endswith("unsaved changes")
