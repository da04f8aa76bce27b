"""A review survives its file, counts its revisions and tells what was changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.review import Change, Review, Verdict, changes_between

KEYS = ("verdict", "comment", "reviewer", "time_spent_s", "revision", "created", "changes", "result")


def test_a_review_survives_its_file(rods: Callable) -> None:
    _, review = rods()
    changes = (
        Change("box", "femur_left", None, {"index_min": (1.0, 2.0, 3.0)}),
        Change("class", "L1", "wedge", "crush"),
    )
    review = replace(review, changes=changes, comment='Größe "links"', verdict=None)
    back = Review.from_json(review.to_json(), review.result.segmentation)
    assert back.to_json() == review.to_json()
    assert back.changes == review.changes
    assert back.result.boxes == review.result.boxes
    assert back.result.findings == review.result.findings
    assert back.verdict is None
    assert np.array_equal(back.result.segmentation, review.result.segmentation)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_survives_and_only_two_stand_for_the_truth(rods: Callable, verdict: Verdict) -> None:
    review = replace(rods()[1], verdict=verdict)
    assert Review.from_json(review.to_json()).verdict is verdict
    assert verdict.is_truth == (verdict.value in ("approved", "corrected"))


@pytest.mark.parametrize("key", KEYS)
def test_a_review_without_a_key_is_refused(rods: Callable, key: str) -> None:
    content = json.loads(rods()[1].to_json())
    del content[key]
    with pytest.raises(InputError, match="incomplete"):
        Review.from_json(json.dumps(content))


def test_damaged_and_foreign_reviews_are_refused(rods: Callable) -> None:
    content = json.loads(rods()[1].to_json())
    for text, sentence in (
        ("{", "damaged"),
        ("[]", "schema version None"),
        (json.dumps({**content, "schema_version": 2}), "schema version 2"),
        (json.dumps({**content, "verdict": "great"}), "incomplete"),
        (json.dumps({**content, "revision": 0}), "incomplete"),
        (json.dumps({**content, "revision": float("inf")}), "incomplete"),
        (json.dumps({**content, "changes": [{"kind": "box"}]}), "incomplete"),
    ):
        with pytest.raises(InputError, match=sentence):
            Review.from_json(text)


def test_impossible_reviews_are_refused(rods: Callable) -> None:
    for wrong in ({"revision": 0}, {"time_spent_s": -1.0}):
        with pytest.raises(ValueError, match=r"revision|time"):
            replace(rods()[1], **wrong)


def test_nothing_changed_is_told_as_nothing(rods: Callable) -> None:
    result = rods()[1].result
    box = result.boxes[0]
    nearly = replace(box, index_min=(box.index_min[0] + 1e-6, *box.index_min[1:]))
    assert changes_between(result, result) == ()
    assert changes_between(result, replace(result, boxes=(nearly, *result.boxes[1:]))) == ()


def test_each_change_is_told_with_before_and_after(rods: Callable) -> None:
    result = rods()[1].result
    left, right = result.boxes
    moved = Box.from_index("femur_left", 1.0, (0.5, 1.5, 2.5), (9.5, 9.5, 9.5), result.geometry)
    added = replace(moved, label="patella")
    labels = result.segmentation.copy()
    labels[labels == 2] = 0
    labels[0, 0, :3] = 1
    one, two = result.findings
    edited = replace(result, boxes=(moved, added), findings=(replace(one, label="implant"), two), segmentation=labels)
    count_left, count_right = (int((result.segmentation == value).sum()) for value in (1, 2))
    assert changes_between(result, edited) == (
        Change("box", "femur_left", edges(left), edges(moved)),
        Change("box", "femur_right", edges(right), None),
        Change("box", "patella", None, edges(added)),
        Change("class", "femur_left", "femur_left", "implant"),
        Change("mask", "femur_left", {"voxels": count_left}, {"voxels": count_left + 3, "added": 3, "removed": 0}),
        Change("mask", "femur_right", {"voxels": count_right}, {"voxels": 0, "added": 0, "removed": count_right}),
    )


def test_two_boxes_of_one_label_are_paired_in_their_order(rods: Callable) -> None:
    result = rods()[1].result
    first = replace(result.boxes[0], label="disc")
    second = replace(result.boxes[1], label="disc")
    other = replace(second, index_max=(20.0, 20.0, 20.0))
    before, after = replace(result, boxes=(first, second)), replace(result, boxes=(first, other))
    assert changes_between(before, after) == (Change("box", "disc", edges(second), edges(other)),)


def test_a_deleted_box_does_not_make_those_after_it_moved(rods: Callable) -> None:
    result = rods()[1].result
    ends = (3.0, 6.0, 9.0)
    boxes = [Box.from_index("wedge", 0.9, (1.0, 1.0, end - 2), (3.0, 3.0, end), result.geometry) for end in ends]
    before = replace(result, boxes=tuple(boxes))
    assert changes_between(before, replace(result, boxes=tuple(boxes[1:]))) == (
        Change("box", "wedge", edges(boxes[0]), None),
    )
    twice = replace(result, boxes=(boxes[0], boxes[0]))
    assert changes_between(twice, replace(result, boxes=(boxes[0],))) == (
        Change("box", "wedge", edges(boxes[0]), None),
    )


def edges(box: Box) -> dict[str, list[float]]:
    return {"index_min": list(box.index_min), "index_max": list(box.index_max)}
