"""The two kinds of boxes: what a disc's box and the lumbar region are."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.detect.detector import Detection
from orthoai_training.disc.detection.scene import BEHIND_MM, BELOW_MM, BOX_MARGIN_MM, Scene, clipped
from orthoai_training.disc.detection.sources import outline

PIXEL_MM = (0.5, 0.8)


def square(column: float, row: float, half: float = 10.0) -> np.ndarray:
    """Corners of a square around a place, in pixels."""
    return np.array([[column - half, row - half], [column + half, row + half]])


def spine(labels: range = range(1, 9), height: int = 640) -> Scene:
    """Discs 70 pixels apart, L5/S1 at row 560."""
    outlines = {label: square(150.0, 630.0 - 70 * label) for label in labels}
    return Scene("spine", 1, np.zeros((height, 300), np.float32), PIXEL_MM, outlines)


def test_a_discs_box_has_its_margin_in_millimeters_on_every_side() -> None:
    box = spine().disc_boxes()[2]
    assert (box.x0, box.x1) == pytest.approx((140 - BOX_MARGIN_MM / 0.8, 160 + BOX_MARGIN_MM / 0.8))
    assert (box.y0, box.y1) == pytest.approx((480 - BOX_MARGIN_MM / 0.5, 500 + BOX_MARGIN_MM / 0.5))


def test_the_region_runs_from_the_disc_above_l1_into_the_sacrum_and_behind_the_canal() -> None:
    scene = spine()
    boxes, region = scene.disc_boxes(), scene.lumbar_box()
    assert region.y0 == pytest.approx(boxes[6].y0)
    assert region.y1 == pytest.approx(boxes[1].y1 + BELOW_MM / 0.5)
    assert region.x0 == pytest.approx(boxes[1].x0)
    assert region.x1 == pytest.approx(boxes[1].x1 + BEHIND_MM / 0.8)


def test_discs_above_the_lumbar_spine_do_not_change_the_region() -> None:
    assert spine(range(1, 7)).lumbar_box() == spine(range(1, 9)).lumbar_box()


def test_a_cut_off_disc_is_reached_by_the_spacing_of_the_others() -> None:
    assert spine(range(1, 6)).lumbar_box().y0 == pytest.approx(spine().lumbar_box().y0)
    assert spine(range(1, 4), height=2000).lumbar_box().y0 == pytest.approx(spine().lumbar_box().y0)


def test_the_region_ends_at_the_picture() -> None:
    scene = spine(height=565)
    assert scene.lumbar_box().y1 == 565.0


@pytest.mark.parametrize("labels", [range(1, 3), range(2, 7), range(0)])
def test_too_few_discs_or_none_at_the_sacrum_give_no_region(labels: range) -> None:
    assert spine(labels).lumbar_box() is None


def test_a_box_is_cut_by_a_window_and_counted_from_its_corner() -> None:
    box = Detection("disc", 1.0, 10, 10, 30, 20)
    assert clipped(box, 20, 5, 100, 100, 0.5) == Detection("disc", 1.0, 0, 5, 10, 15)
    assert clipped(box, 20, 5, 100, 100, 0.51) is None
    assert clipped(box, 40, 0, 100, 100, 0.0) is None


def test_the_outline_of_a_mask_runs_along_the_edges_of_its_pixels() -> None:
    mask = np.zeros((9, 9), bool)
    mask[3:5, 2:7] = True
    mask[5, 4] = True
    points = outline(mask)
    assert points.min(axis=0).tolist() == [2, 3] and points.max(axis=0).tolist() == [7, 6]
    assert [4, 6] in points.tolist() and [2, 6] not in points.tolist()
