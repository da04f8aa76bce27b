"""Boxes around masks, on other grids, and their overlap."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orthoai.box import Box
from orthoai.geometry import Geometry

GRID = Geometry((6, 7, 8), spacing=(1.0, 2.0, 3.0), origin=(5.0, 0.0, -10.0))
RAS = Geometry((6, 7, 8), spacing=(1.0, 2.0, 3.0), origin=(5.0, 0.0, -10.0), direction=(-1, 0, 0, 0, -1, 0, 0, 0, 1))


def box(low: tuple, high: tuple, geometry: Geometry = GRID) -> Box:
    return Box.from_index("femur_left", 0.5, low, high, geometry)


def test_the_box_around_one_voxel_is_one_voxel_large() -> None:
    mask = np.zeros(GRID.shape, bool)
    mask[2, 3, 4] = True
    found = Box.around("femur_left", mask, GRID)
    assert found is not None
    assert found.index_min == (3.5, 2.5, 1.5)
    assert found.index_max == (4.5, 3.5, 2.5)
    assert found.lps_min == (8.5, 5.0, -5.5)
    assert found.lps_max == (9.5, 7.0, -2.5)


def test_an_empty_mask_has_no_box() -> None:
    assert Box.around("femur_left", np.zeros(GRID.shape, bool), GRID) is None


def test_lps_corners_are_sorted_where_axes_run_backward() -> None:
    found = box((0, 0, 0), (2, 3, 4), RAS)
    assert found.lps_min == (3.0, -6.0, -10.0)
    assert found.lps_max == (5.0, 0.0, 2.0)


def test_the_lps_box_of_an_oblique_grid_holds_all_corners() -> None:
    c = np.sqrt(0.5)
    turned = Geometry((6, 7, 8), direction=(c, -c, 0.0, c, c, 0.0, 0.0, 0.0, 1.0))
    found = box((0, 0, 0), (2, 2, 1), turned)
    np.testing.assert_allclose(found.lps_min, (-2 * c, 0, 0), atol=1e-12)
    np.testing.assert_allclose(found.lps_max, (2 * c, 4 * c, 1))


@pytest.mark.parametrize("codes", ["LPS", "RAS", "PIR", "SLA"])
def test_a_box_survives_another_axis_order_and_back(codes: str) -> None:
    there = GRID.reoriented(codes)
    start = box((0.5, 1.0, 2.0), (3.0, 5.5, 4.0))
    moved = start.on(GRID, there)
    np.testing.assert_allclose(moved.lps_min, start.lps_min)
    np.testing.assert_allclose(moved.lps_max, start.lps_max)
    back = moved.on(there, GRID)
    np.testing.assert_allclose(back.index_min, start.index_min)
    np.testing.assert_allclose(back.index_max, start.index_max)


def test_a_box_on_a_flipped_grid_counts_from_the_other_end() -> None:
    moved = box((0, 0, 0), (2, 3, 4)).on(GRID, GRID.reoriented("RAS"))
    assert moved.index_min == pytest.approx((5, 3, 0))  # 8 and 7 voxels: last centers 7 and 6
    assert moved.index_max == pytest.approx((7, 6, 4))


def test_a_box_on_a_crop_moves_by_its_start() -> None:
    moved = box((2, 2, 2), (4, 4, 4)).on(GRID, GRID.cropped((1, 2, 0), (8, 7, 6)))
    assert moved.index_min == pytest.approx((1, 0, 2))


def test_half_overlap_is_a_third_of_the_union() -> None:
    assert box((0, 0, 0), (2, 2, 2)).iou(box((1, 0, 0), (3, 2, 2))) == pytest.approx(1 / 3)


def test_boxes_that_only_touch_do_not_overlap() -> None:
    assert box((0, 0, 0), (1, 1, 1)).iou(box((1, 0, 0), (2, 1, 1))) == 0


def test_empty_boxes_overlap_nothing() -> None:
    assert box((0, 0, 0), (0, 0, 0)).iou(box((0, 0, 0), (0, 0, 0))) == 0


corners = st.tuples(*[st.integers(0, 6)] * 3)
sizes = st.tuples(*[st.integers(1, 6)] * 3)


@given(corners, sizes, corners, sizes)
def test_iou_agrees_with_counting_voxels(low_a: tuple, size_a: tuple, low_b: tuple, size_b: tuple) -> None:
    a = set(product(*(range(n, n + s) for n, s in zip(low_a, size_a, strict=True))))
    b = set(product(*(range(n, n + s) for n, s in zip(low_b, size_b, strict=True))))
    box_a = box(low_a, tuple(np.add(low_a, size_a)))
    box_b = box(low_b, tuple(np.add(low_b, size_b)))
    assert box_a.iou(box_b) == pytest.approx(len(a & b) / len(a | b))
    assert box_a.iou(box_b) == pytest.approx(box_b.iou(box_a))
