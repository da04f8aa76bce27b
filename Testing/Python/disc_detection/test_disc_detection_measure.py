"""Average precision and level recall on boxes whose figures are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from orthoai.detect.detector import Detection
from orthoai.tasks.disc.locate import Located
from orthoai_training.disc.detection.measure import (
    PictureBoxes,
    Precision,
    disc_pictures,
    level_recall,
    region_pictures,
    run_pictures,
)
from orthoai_training.disc.detection.scene import Scene


def box(row: float, score: float = 1.0, height: float = 10.0) -> Detection:
    return Detection("disc", score, 0.0, row, 40.0, row + height)


def precision(truths: list[Detection], found: list[Detection], ignored: tuple[Detection, ...] = ()) -> Precision:
    return Precision.of([PictureBoxes(1, truths, found, ignored)])


class Fixed:
    """A detector that always answers the same."""

    def __init__(self, *boxes: Detection) -> None:
        self.boxes = list(boxes)

    def detect(self, image: np.ndarray) -> list[Detection]:
        return self.boxes


def scene(patient: int = 1) -> Scene:
    outlines = {n: np.array([[60.0, 300.0 - 40 * n], [90.0, 308.0 - 40 * n]]) for n in range(1, 8)}
    return Scene("picture", patient, np.zeros((330, 160), np.float32), (1.0, 1.0), outlines)


def test_perfect_boxes_have_a_precision_of_one() -> None:
    found = precision([box(0), box(20)], [box(0, 0.9), box(20, 0.4)])
    assert (found.map50, found.map50_95, found.truths) == (1.0, 1.0, 2)
    assert found.map50_interval == (1.0, 1.0)


def test_a_second_box_on_one_disc_and_a_missed_disc_cost() -> None:
    # One of two found, then a double: precision 1 up to recall 0.5.
    assert precision([box(0), box(20)], [box(0, 0.9), box(1, 0.8)]).map50 == pytest.approx(0.5)
    # The false box comes first: precision 1/2 at recall 1/2, then 2/3 at recall 1.
    assert precision([box(0), box(20)], [box(50, 0.95), box(0, 0.9), box(20, 0.8)]).map50 == pytest.approx(2 / 3)


def test_a_shifted_box_counts_at_loose_thresholds_only() -> None:
    # An overlap of 7.5 over 12.5: 0.60, right at 0.50, 0.55 and 0.60.
    found = precision([box(0)], [box(2.5, 0.9)])
    assert found.map50 == 1.0 and found.map50_95 == pytest.approx(0.3)


def test_boxes_on_ignored_discs_do_not_count() -> None:
    assert precision([box(0)], [box(50, 0.95), box(0, 0.9)], (box(50),)).map50 == 1.0
    assert precision([box(0)], [box(50, 0.95), box(0, 0.9)]).map50 == pytest.approx(0.5)


def test_the_interval_is_over_patients() -> None:
    good = PictureBoxes(1, [box(0)], [box(0, 0.9)])
    bad = PictureBoxes(2, [box(0)], [])
    found = Precision.of([good, bad])
    assert found.map50 == pytest.approx(0.5) and found.map50_interval == (0.0, 1.0)
    assert (found.patients, found.pictures) == (2, 2)


def test_detectors_are_measured_on_what_they_see_at_inference() -> None:
    one = scene()
    region = one.lumbar_box()
    assert Precision.of(region_pictures([one], Fixed(region))).map50_95 == 1.0
    (picture,) = disc_pictures([one], Fixed())
    assert [truth.label for truth in picture.truths] == ["disc"] * 6 and not picture.found
    (run,) = run_pictures([one], Fixed(region), Fixed(), 0.25)
    assert len(run.truths) == 6 and len(run.ignored) == 1


def test_level_recall_tells_missed_and_misnamed_levels() -> None:
    one = scene()
    boxes = one.disc_boxes()
    full = Located(one.lumbar_box(), tuple(boxes.values()))
    recall = level_recall([one], lambda _: full)
    assert recall.found == recall.shown == dict.fromkeys(("L5/S1", "L4/L5", "L3/L4", "L2/L3", "L1/L2"), 1)
    assert (recall.slices, recall.named, recall.complete) == (1, 1, 1)
    without_lowest = replace(full, discs=tuple(boxes[label] for label in range(2, 8)))
    recall = level_recall([one], lambda _: without_lowest)
    assert (recall.found["L5/S1"], recall.named, recall.complete) == (0, 0, 0)


def test_a_slice_in_which_nothing_is_found_is_neither_named_nor_complete() -> None:
    recall = level_recall([scene()], lambda _: Located(None))
    assert recall.found == dict.fromkeys(recall.shown, 0)
    assert (recall.named, recall.complete) == (0, 0)
    thoracic = replace(scene(), outlines={7: scene().outlines[7]})
    recall = level_recall([thoracic], lambda seen: Located(None, tuple(seen.disc_boxes().values())))
    assert (sum(recall.shown.values()), recall.named, recall.complete) == (0, 0, 0)
