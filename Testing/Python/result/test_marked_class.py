"""The mask and the box of a finding follow its class, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.finding import Finding, Place
from orthoai.geometry import Geometry
from orthoai.marked_class import with_marked_classes
from orthoai.result import Provenance, Result
from orthoai.volume import Source

GRID = Geometry((20, 8, 10), (1.0, 1.0, 2.0), (-20.0, 5.0, 100.0))
LABELS = {1: "crush", 2: "wedge", 3: "biconcave"}
LEVELS = {"L2": slice(2, 8), "L1": slice(8, 14)}
"""Slices k of two bodies that touch."""


def spine(**classes: str) -> Result:
    """Bodies of the classes given by level; one of a class without a voxel value has a box and no mask."""
    voxels = np.zeros(GRID.shape, np.uint8)
    values = {name: value for value, name in LABELS.items()}
    boxes, findings = [], []
    for level, label in classes.items():
        body = np.zeros(GRID.shape, bool)
        body[LEVELS[level], 2:6, 3:8] = True
        voxels[body] = values.get(label, 0)
        box = Box.around(label, body, GRID, 0.9)
        assert box is not None
        boxes.append(box)
        x, y, z = GRID.index_to_lps(np.add(box.index_min, box.index_max) / 2)
        findings.append(Finding(level, label, 0.9, place=Place((float(x), float(y), float(z)))))
    provenance = Provenance("0.1.0", "tiny", {}, "cpu", "float32", {}, "2025-11-20T22:37:00Z")
    source = Source("memory", "0" * 64)
    return Result("ovf", source, GRID, tuple(boxes), voxels, LABELS, tuple(findings), "", provenance)


def called(result: Result, **classes: str) -> Result:
    """``result`` with other classes in its findings, as the table gives them."""
    return replace(result, findings=tuple(replace(f, label=classes.get(f.structure, f.label)) for f in result.findings))


@pytest.mark.parametrize(("label", "value"), [("crush", 1), ("normal", 0), ("unclear", 0)])
def test_mask_and_box_take_the_class_of_their_finding(label: str, value: int) -> None:
    given = spine(L2="wedge")
    saved = with_marked_classes(given, called(given, L2=label))
    assert np.array_equal(saved.segmentation, np.where(given.segmentation == 2, value, 0))
    assert [box.label for box in saved.boxes] == [finding.label for finding in saved.findings] == [label]
    assert saved.boxes[0].index_min == given.boxes[0].index_min


def test_a_neighbor_of_the_same_class_keeps_it_though_they_touch() -> None:
    given = spine(L2="wedge", L1="wedge")
    saved = with_marked_classes(given, called(given, L1="crush"))
    assert np.array_equal(saved.segmentation, spine(L2="wedge", L1="crush").segmentation)
    assert [box.label for box in saved.boxes] == ["wedge", "crush"]


def test_two_bodies_may_change_places() -> None:
    given = spine(L2="wedge", L1="crush")
    saved = with_marked_classes(given, called(given, L2="crush", L1="wedge"))
    assert np.array_equal(saved.segmentation, spine(L2="crush", L1="wedge").segmentation)


def test_what_the_reviewer_painted_on_the_body_goes_along_and_another_body_stays() -> None:
    given = spine(L2="wedge")
    voxels = given.segmentation.copy()
    voxels[8, 2:6, 3:8] = 2  # One slice beyond the box.
    voxels[16:19, 2:6, 3:8] = 2  # A fracture that the task missed.
    saved = with_marked_classes(given, called(replace(given, segmentation=voxels), L2="crush"))
    assert (saved.segmentation[:9][voxels[:9] == 2] == 1).all()
    assert np.array_equal(saved.segmentation[16:], voxels[16:])


def test_a_box_that_was_moved_or_deleted_does_not_keep_the_mask_from_its_class() -> None:
    given = spine(L2="wedge")
    box = Box.from_index("wedge", 0.9, (3.0, 2.0, 2.0), (9.0, 6.0, 9.0), GRID)
    for boxes, labels in (((box,), ["crush"]), ((), [])):
        saved = with_marked_classes(given, called(replace(given, boxes=boxes), L2="crush"))
        assert [box.label for box in saved.boxes] == labels
        assert set(np.unique(saved.segmentation)) == {0, 1}


def test_a_fracture_without_a_mask_is_refused_until_it_is_painted() -> None:
    given = spine(L2="unclear")
    edited = called(given, L2="wedge")
    with pytest.raises(InputError, match='L2 is called "wedge" and has no mask'):
        with_marked_classes(given, edited)
    painted = spine(L2="wedge")
    saved = with_marked_classes(given, replace(edited, segmentation=painted.segmentation))
    assert np.array_equal(saved.segmentation, painted.segmentation) and saved.boxes[0].label == "wedge"


def test_a_class_that_no_voxel_stands_for_leaves_masks_and_boxes_alone() -> None:
    """As in a task that marks structures and grades them."""
    given = spine(L2="wedge")
    graded = replace(given, findings=tuple(replace(f, label="bulge") for f in given.findings))
    saved = with_marked_classes(graded, called(graded, L2="normal"))
    assert np.array_equal(saved.segmentation, given.segmentation) and saved.boxes == given.boxes
