"""What reviewed cases teach the detectors, and what they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from orthoai.detect.detector import Detection
from orthoai.tasks.disc.labels import DISC
from orthoai.tasks.disc.levels import NAMES, number_of
from orthoai.tasks.disc.locate import LUMBAR
from orthoai.tasks.disc.picture import normalized
from orthoai_training.disc.data.reviewed import ReviewedBox, ReviewedCase
from orthoai_training.disc.detection.augment import SceneAugmentation, plain_discs, random_discs
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.reviewed import reviewed_scene
from orthoai_training.disc.detection.scene import BEHIND_MM, BELOW_MM, BOX_MARGIN_MM, around

SHAPE, PIXEL_MM = (3, 330, 200), (1.0, 1.0)

SLICE, SPACING, LOWEST_ROW, COLUMNS = 1, 35, 280, (60, 100)

HALF_MM = 4
"""Of a disc's height."""


def middle(level: str) -> int:
    """The row of a disc."""
    return LOWEST_ROW - SPACING * number_of(level)


def edges(level: str, margin: float = BOX_MARGIN_MM) -> tuple[float, float, float, float]:
    left, right = COLUMNS
    return left - margin, middle(level) - HALF_MM - margin, right + margin, middle(level) + HALF_MM + margin


def case(*levels: str, marked: tuple[str, ...] | None = None, region: bool = True) -> ReviewedCase:
    """A case in which ``levels`` have boxes, and ``marked`` (else the same) masks."""
    labels = np.zeros(SHAPE, np.uint8)
    for level in levels if marked is None else marked:
        left, right = COLUMNS
        labels[:, middle(level) - HALF_MM : middle(level) + HALF_MM, left:right] = DISC
    boxes = {level: ReviewedBox(SLICE, Detection(level, 0.9, *edges(level))) for level in levels}
    if region:
        boxes[LUMBAR] = ReviewedBox(SLICE, Detection(LUMBAR, 0.9, 40.0, 70.0, 140.0, 310.0))
    image = np.random.default_rng(0).integers(0, 200, SHAPE).astype(np.int16)
    return ReviewedCase("disc-00ff", 7, image, labels, PIXEL_MM, 4.0, (), boxes, frozenset(), discs_painted=False)


LUMBAR_DISCS = NAMES[:6]


def found(scene) -> dict[str, tuple[float, float, float, float]]:
    """Level to the edges of its box, to whole pixels."""
    boxes = {NAMES[label - 1]: box for label, box in scene.disc_boxes().items()}
    return {level: tuple(round(edge) for edge in (box.x0, box.y0, box.x1, box.y1)) for level, box in boxes.items()}


def rounded(level: str) -> tuple[float, ...]:
    return tuple(round(edge) for edge in edges(level))


def test_the_discs_are_learned_in_their_boxes_and_the_region_as_the_reviewer_left_it():
    given = case(*LUMBAR_DISCS)
    scene = reviewed_scene(given, Stage.LUMBAR)
    assert (scene.name, scene.patient, scene.image.shape) == ("picture_disc-00ff", 7, SHAPE[1:])
    assert found(scene) == {level: rounded(level) for level in LUMBAR_DISCS}
    region = scene.lumbar_box()
    assert (region.x0, region.y0, region.x1, region.y1) == pytest.approx((40.0, 70.0, 140.0, 310.0))
    discs = reviewed_scene(given, Stage.DISCS)
    left, top, right, bottom = around(discs.disc_boxes().values())
    region = discs.lumbar_box()
    assert (region.x0, region.y0, region.x1, region.y1) == pytest.approx(
        (left, top, right + BEHIND_MM, bottom + BELOW_MM), abs=0.1
    )


def test_without_a_region_it_is_learned_where_both_its_ends_are_told():
    scene = reviewed_scene(case(*LUMBAR_DISCS, region=False), Stage.LUMBAR)
    assert scene.margins is None and scene.lumbar_box() is not None
    assert reviewed_scene(case(*LUMBAR_DISCS[:5], region=False), Stage.LUMBAR) is None
    assert reviewed_scene(case(*LUMBAR_DISCS[1:], region=False), Stage.LUMBAR) is None
    assert reviewed_scene(case(*LUMBAR_DISCS[:5], region=False), Stage.DISCS) is not None


@pytest.mark.parametrize("levels", [LUMBAR_DISCS[:4], LUMBAR_DISCS[1:5]])
def test_no_disc_that_the_reviewer_said_nothing_of_is_in_a_picture(levels):
    """It would be learned as background. The discs that are not told are bright."""
    given = case(*levels)
    given.image[:] = np.arange(SHAPE[2])
    for level in set(NAMES[:8]) - set(levels):
        given.image[:, middle(level) - HALF_MM : middle(level) + HALF_MM, COLUMNS[0] : COLUMNS[1]] = 1000
    assert normalized(given.image[SLICE]).max() == 1
    scene = reviewed_scene(given, Stage.DISCS)
    assert set(found(scene)) == set(levels) and scene.image.max() < 0.5
    random = np.random.default_rng(0)
    for picture in (plain_discs(scene), *(random_discs(scene, SceneAugmentation(), random) for _ in range(20))):
        assert len(picture.boxes) == len(levels)


def test_of_levels_with_a_gap_the_longest_row_is_learned():
    told = (*LUMBAR_DISCS[:1], *LUMBAR_DISCS[2:6])
    scene = reviewed_scene(case(*told), Stage.DISCS)
    assert set(found(scene)) == set(LUMBAR_DISCS[2:6])
    assert scene.image.shape[0] < middle(LUMBAR_DISCS[1])
    assert reviewed_scene(case(*NAMES[:2], *NAMES[3:5]), Stage.DISCS) is None


def test_a_disc_that_was_marked_and_has_no_box_is_learned():
    """That is how a missed one is corrected, between others or above them."""
    for missed in (LUMBAR_DISCS[2], LUMBAR_DISCS[5]):
        told = [level for level in LUMBAR_DISCS if level != missed]
        given = case(*told, marked=LUMBAR_DISCS)
        assert found(reviewed_scene(given, Stage.LUMBAR)) == {level: rounded(level) for level in LUMBAR_DISCS}
        assert set(found(reviewed_scene(given, Stage.DISCS))) == set(LUMBAR_DISCS)


def test_a_mark_whose_box_the_reviewer_took_away_is_neither_a_disc_nor_background():
    told = LUMBAR_DISCS[:5]
    given = replace(case(*told, marked=LUMBAR_DISCS), deleted=frozenset({"T12/L1"}))
    scene = reviewed_scene(given, Stage.DISCS)
    assert set(found(scene)) == set(told) and scene.image.shape[0] < SHAPE[1] - middle("T12/L1") - HALF_MM
    told = [level for level in LUMBAR_DISCS if level != "L4/L5"]
    given = replace(case(*told, marked=LUMBAR_DISCS), deleted=frozenset({"L4/L5"}))
    assert set(found(reviewed_scene(given, Stage.DISCS))) == set(LUMBAR_DISCS[2:])


def test_a_mark_that_is_no_clear_level_keeps_the_picture_out():
    given = case(*LUMBAR_DISCS)
    between = middle("L3/L4") - SPACING // 2
    given.labels[SLICE, between - 3 : between + 3, COLUMNS[0] : COLUMNS[1]] = DISC
    assert reviewed_scene(given, Stage.DISCS) is None
    assert reviewed_scene(given, Stage.LUMBAR) is not None


def test_where_discs_were_painted_a_box_that_stayed_is_that_of_its_mask():
    """A box that the reviewer moved as well is meant."""
    given = case(*LUMBAR_DISCS)
    right = COLUMNS[1]
    for level in ("L4/L5", "L3/L4"):
        given.labels[SLICE, middle(level) - HALF_MM : middle(level) + HALF_MM, right : right + 12] = DISC
    painted = replace(given, discs_painted=True)
    moved = replace(painted, boxes={**painted.boxes, "L3/L4": replace(painted.boxes["L3/L4"], moved=True)})
    larger = [round(right + 12 + BOX_MARGIN_MM), rounded("L3/L4")[2]]
    assert [found(reviewed_scene(moved, Stage.DISCS))[level][2] for level in ("L4/L5", "L3/L4")] == larger
    assert found(reviewed_scene(given, Stage.LUMBAR))["L4/L5"] == rounded("L4/L5")


def test_boxes_on_another_slice_than_most_are_not_told():
    given = case(*LUMBAR_DISCS, marked=())
    far = {label: replace(given.boxes[label], slice_index=0) for label in (LUMBAR, "T12/L1")}
    scene = reviewed_scene(replace(given, boxes={**given.boxes, **far}), Stage.DISCS)
    assert set(found(scene)) == set(LUMBAR_DISCS[:5])
    assert reviewed_scene(replace(given, boxes={**given.boxes, **far}), Stage.LUMBAR) is None


def test_pixels_are_made_square_as_in_a_run():
    given = replace(case(*LUMBAR_DISCS), pixel_mm=(2.0, 1.0))
    scene = reviewed_scene(given, Stage.LUMBAR)
    assert scene.image.shape == (2 * SHAPE[1], SHAPE[2]) and scene.pixel_mm == pytest.approx((1.0, 1.0))
    box, (_, top, _, bottom) = scene.disc_boxes()[1], edges("L5/S1")
    assert (box.y0 + box.y1) / 2 == pytest.approx(top + bottom)


@pytest.mark.parametrize("levels", [(), LUMBAR_DISCS[:2]])
def test_a_case_with_fewer_discs_than_show_the_region_teaches_nothing(levels):
    for stage in Stage:
        assert reviewed_scene(case(*levels), stage) is None
