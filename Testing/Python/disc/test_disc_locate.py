"""Regions are found, grown and searched, and boxes lie where they are in the slice; given boxes stand in for all."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.detect.detector import Detection
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.tasks.disc.given import given_boxes
from orthoai.tasks.disc.locate import grown, locate


class Bright:
    """Finds the box around bright pixels; remembers the pictures it saw."""

    def __init__(self, label: str, least: int, score: float = 0.9) -> None:
        self.label, self.least, self.score = label, least, score
        self.seen: list[NDArray[np.uint8]] = []

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        self.seen.append(image)
        rows, columns = np.nonzero(image >= self.least)
        if rows.size == 0:
            return []
        edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        return [Detection(self.label, self.score, *(float(edge) for edge in edges))]


def slice_with_disc() -> NDArray[np.float32]:
    image = np.zeros((200, 160), np.float32)
    image[40:140, 50:110] = 0.5
    image[80:90, 60:100] = 1.0
    return image


def test_boxes_come_back_in_the_pixels_of_the_slice() -> None:
    discs = Bright("disc", 250)
    found = locate(slice_with_disc(), (1, 1), Bright("lumbar", 100), discs, 0.25)
    assert found.lumbar is not None
    assert (found.lumbar.x0, found.lumbar.y0, found.lumbar.x1, found.lumbar.y1) == (50, 40, 110, 140)
    (box,) = found.discs
    assert (box.x0, box.y0, box.x1, box.y1) == (60, 80, 100, 90)
    assert discs.seen[0].shape == (110, 66)
    assert found.score == pytest.approx(1.8)


def test_pixels_that_are_not_square_are_made_square_and_boxes_go_back() -> None:
    discs = Bright("disc", 250)
    image = slice_with_disc()[::2]
    (box,) = locate(image, (2.0, 1.0), Bright("lumbar", 100), discs, 0.25).discs
    assert discs.seen[0].shape[0] == pytest.approx(110, abs=3)
    assert (box.x0, box.x1) == (60, 100)
    assert (box.y0, box.y1) == (pytest.approx(40, abs=1), pytest.approx(45, abs=1))


def test_without_a_region_there_are_no_discs() -> None:
    discs = Bright("disc", 250)
    assert locate(slice_with_disc(), (1, 1), Bright("lumbar", 100, score=0.2), discs, 0.25).discs == ()
    assert discs.seen == []


def test_a_given_region_is_searched_instead() -> None:
    lumbar = Bright("lumbar", 100)
    found = locate(
        slice_with_disc(), (1, 1), lumbar, Bright("disc", 250), 0.25, Detection("lumbar", 1, 55, 70, 90, 100)
    )
    assert lumbar.seen == []
    assert found.discs[0].x1 == 92


def test_unlikely_discs_do_not_count() -> None:
    assert locate(slice_with_disc(), (1, 1), Bright("lumbar", 100), Bright("disc", 250, 0.2), 0.25).discs == ()


def test_a_region_grows_by_a_tenth_in_all_and_stays_inside() -> None:
    assert grown(Detection("lumbar", 1, 20, 40, 60, 140), (200, 160)) == (18, 35, 62, 145)
    assert grown(Detection("lumbar", 1, -5, 0, 160, 200), (200, 160)) == (0, 0, 160, 200)


# Given boxes

GRID = Geometry((9, 100, 80))
"""Of the slices and, here, of the volume as well."""


def box(
    label: str, low: tuple[float, float, float] = (20, 30, 3.5), high: tuple[float, float, float] = (50, 40, 4.5)
) -> Box:
    return Box.from_index(label, 1.0, low, high, GRID)


def test_given_discs_name_their_slice_and_their_levels() -> None:
    given = given_boxes([box("L4/L5"), box("L5/S1", (22, 60, 3.5), (52, 70, 4.5))], GRID, GRID)
    assert given is not None
    assert given.slice_index == 4
    assert given.levels is not None and given.levels.numbers == (0, 1)
    assert (given.discs[0].x0, given.discs[0].y0, given.discs[0].x1, given.discs[0].y1) == (20.5, 30.5, 50.5, 40.5)


def test_given_boxes_follow_the_axes_of_the_input() -> None:
    volume = GRID.reoriented("SAL")
    moved = box("L4/L5").on(GRID, volume)
    assert given_boxes([moved], volume, GRID) == given_boxes([box("L4/L5")], GRID, GRID)


def test_a_region_alone_chooses_the_slice_and_asks_for_a_search() -> None:
    given = given_boxes([box("lumbar", (5, 5, 5.5), (70, 90, 6.5))], GRID, GRID)
    assert given is not None
    assert (given.slice_index, given.discs, given.levels) == (6, (), None)
    assert given.lumbar is not None


def test_no_boxes_are_nothing_given() -> None:
    assert given_boxes([], GRID, GRID) is None


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ([box("femur")], "is labeled"),
        ([box("L4/L5"), box("L4/L5")], "two boxes"),
        ([box("L4/L5"), box("disc")], "name all or none"),
        ([box("disc", (50, 30, 3.5), (50, 40, 4.5))], "no extent"),
        ([box("disc", (200, 30, 3.5), (250, 40, 4.5))], "outside the image"),
    ],
)
def test_boxes_that_cannot_be_used_are_refused(boxes: list[Box], words: str) -> None:
    with pytest.raises(InputError, match=words):
        given_boxes(boxes, GRID, GRID)
