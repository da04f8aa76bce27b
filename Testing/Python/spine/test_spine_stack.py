"""Working slices of a CT in every axis order, and the way back to its own grid."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.spine.stack import OUTSIDE_HU, PLANES, Stack, working_stack
from orthoai.spine.window import windowed
from orthoai.volume import Volume

ORDERS = ["".join(letters) for axes in permutations(("LR", "PA", "SI")) for letters in product(*axes)]


def blob_volume(shape: tuple[int, int, int] = (24, 30, 36), spacing: tuple[float, float, float] = (1, 1, 1)) -> Volume:
    """LPS, smooth HU that differ along each axis."""
    grid = Geometry(shape, spacing, (-17.0, 5.0, 100.0))
    k, j, i = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    return Volume((3 * i - 5 * j + 7 * k).astype(np.int16), grid)


def tilted(degrees: float) -> Volume:
    """A bright ball in a grid turned about the left-right axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    grid = Geometry((30, 40, 40), (1.0, 1.0, 2.0), (-20.0, -20.0, -30.0), (1, 0, 0, 0, c, -s, 0, s, c))
    center = grid.index_to_lps((19.5, 19.5, 14.5))
    places = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")[::-1], axis=-1)
    far = np.linalg.norm(grid.index_to_lps(places) - center, axis=-1)
    return Volume(np.where(far < 8, 1000, -100).astype(np.int16), grid)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("codes", ORDERS)
def test_every_axis_order_gives_the_same_slices_and_comes_back(codes: str, plane: str) -> None:
    volume = blob_volume((8, 10, 12))
    expected = working_stack(volume, plane, 1.0, 1.0)
    turned = volume.reoriented(codes)
    stack = working_stack(turned, plane, 1.0, 1.0)
    np.testing.assert_allclose(stack.hu, expected.hu, atol=1e-3)
    assert stack.grid.matches(expected.grid)
    labels = (np.abs(stack.hu) % 3).astype(np.uint8)
    back = Volume(stack.back(labels), turned.geometry).reoriented("LPS")
    np.testing.assert_array_equal(back.voxels, expected.back(labels))
    np.testing.assert_allclose(stack.back_probability(stack.hu), turned.voxels, atol=1e-3)


def test_sagittal_columns_run_posterior_rows_caudal_slices_left() -> None:
    volume = blob_volume()
    stack = working_stack(volume, "sagittal", 1.0, 1.0)
    assert stack.grid.axis_codes == "PIL"
    assert stack.hu.shape == (36, 24, 30)
    np.testing.assert_allclose(stack.hu, volume.voxels[::-1].transpose(2, 0, 1), atol=1e-3)


def test_axial_slices_are_lps() -> None:
    volume = blob_volume()
    stack = working_stack(volume, "axial", 1.0, 1.0)
    assert stack.grid.axis_codes == "LPS"
    np.testing.assert_allclose(stack.hu, volume.voxels, atol=1e-3)


def test_thick_working_slices_average_the_thin_ones() -> None:
    stack = working_stack(blob_volume(), "sagittal", 1.0, 3.0)
    fine = working_stack(blob_volume(), "sagittal", 1.0, 1.0)
    np.testing.assert_allclose(stack.hu[4], fine.hu[12:15].mean(axis=0), atol=1e-3)


def test_thick_input_slices_and_their_labels_keep_their_place() -> None:
    volume = blob_volume((10, 40, 40), (0.7, 0.7, 5.0))
    mask = np.zeros(volume.geometry.shape, np.uint8)
    mask[4:7, 10:30, 8:32] = 1
    for plane in PLANES:
        stack = working_stack(volume, plane, 1.0, 3.0)
        seen = working_stack(volume.with_voxels(mask.astype(np.float32)), plane, 1.0, 3.0)
        back = stack.back((seen.hu > 0.5).astype(np.uint8))
        assert 2 * np.count_nonzero(back & mask) / (back.sum() + mask.sum()) > 0.85
        probability = stack.back_probability(np.clip(seen.hu, 0, 1))
        assert ((probability > 0.4) & (mask > 0)).sum() > 0.9 * mask.sum()


@pytest.mark.parametrize("degrees", [0.0, 20.0, 40.0])
def test_a_ball_in_a_tilted_volume_stays_a_ball(degrees: float) -> None:
    volume = tilted(degrees)
    stack = working_stack(volume, "sagittal", 0.8, 3.0)
    ball = (stack.hu > 450).astype(np.uint8)
    assert ball.sum() * stack.grid.voxel_volume == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.05)
    truth = volume.voxels > 450
    back = stack.back(ball) > 0
    assert 2 * np.count_nonzero(back & truth) / (back.sum() + truth.sum()) > 0.9
    assert (stack.hu == OUTSIDE_HU).any() == (degrees > 0)


def test_a_region_is_cut_out_of_the_whole() -> None:
    volume = blob_volume()
    region = ((-10.5, 10.5, 105.5), (5.5, 20.5, 115.5))
    part = working_stack(volume, "sagittal", 1.0, 1.0, region)
    assert part.hu.shape == (16, 10, 10)
    whole = working_stack(volume, "sagittal", 1.0, 1.0)
    i, j, k = np.rint(whole.grid.lps_to_index(part.grid.origin)).astype(int)
    np.testing.assert_allclose(part.hu, whole.hu[k : k + 16, j : j + 10, i : i + 10], atol=1e-3)
    back = part.back(np.ones(part.hu.shape, np.uint8))
    assert back.shape == volume.geometry.shape
    assert back.sum() == 16 * 10 * 10


def test_wrong_planes_regions_and_arrays_are_refused() -> None:
    volume = blob_volume((4, 5, 6))
    with pytest.raises(ValueError, match="plane"):
        working_stack(volume, "coronal", 1.0, 1.0)
    with pytest.raises(ValueError, match="outside"):
        working_stack(volume, "axial", 1.0, 1.0, ((500.0, 0.0, 0.0), (600.0, 1.0, 1.0)))
    stack = working_stack(volume, "axial", 1.0, 1.0)
    assert isinstance(stack, Stack)
    with pytest.raises(ValueError, match="shape"):
        stack.back(np.zeros((1, 1, 1), np.uint8))


def test_pictures_show_the_bone_window() -> None:
    assert windowed(np.array([-3000, -200, 400, 1000, 3000])).tolist() == [0, 0, 128, 255, 255]
    stack = working_stack(blob_volume((4, 5, 6)), "axial", 1.0, 1.0)
    np.testing.assert_array_equal(stack.pictures, windowed(stack.hu))
