"""Points, crops and new voxel sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orthoai.geometry import Geometry
from orthoai.volume import Volume

TURNED = Geometry(
    shape=(4, 3, 5),
    spacing=(0.5, 2.0, 3.0),
    origin=(10.0, -20.0, 30.0),
    direction=(0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0),
)
"""i to posterior, j to right, k to superior."""


def test_size_is_the_shape_backwards() -> None:
    assert TURNED.size == (5, 3, 4)


def test_a_voxel_lies_where_its_direction_and_spacing_say() -> None:
    np.testing.assert_allclose(TURNED.index_to_lps((2, 1, 1)), (10.0 - 2.0, -20.0 + 1.0, 33.0))


def test_the_affine_agrees_with_index_to_lps() -> None:
    np.testing.assert_allclose(TURNED.affine @ (2, 1, 1, 1), (8.0, -19.0, 33.0, 1.0))


def test_a_point_has_the_nearest_slice_and_one_outside_the_end_slice() -> None:
    assert [TURNED.slice_of((10, -20, z)) for z in (-50, 31.4, 31.6, 39.0, 500)] == [0, 0, 1, 3, 3]


def test_voxel_volume_is_the_product_of_the_spacing() -> None:
    assert TURNED.voxel_volume == pytest.approx(3.0)


numbers = st.floats(-500, 500)
triples = st.tuples(numbers, numbers, numbers)


@given(triples, triples, st.tuples(*[st.floats(0.1, 5.0)] * 3), st.integers(0, 2**31))
def test_points_go_to_the_patient_and_back(index: tuple, origin: tuple, spacing: tuple, seed: int) -> None:
    direction = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    geometry = Geometry((2, 2, 2), spacing, origin, tuple(direction.ravel()))
    np.testing.assert_allclose(geometry.lps_to_index(geometry.index_to_lps(index)), index, atol=1e-6)


@given(st.integers(0, 2**31))
def test_the_letters_name_three_different_patient_axes_for_any_direction(seed: int) -> None:
    direction = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    codes = Geometry((2, 2, 2), direction=tuple(direction.ravel())).axis_codes
    assert sorted("RAI"[("RL".find(c) >= 0, "AP".find(c) >= 0, "IS".find(c) >= 0).index(True)] for c in codes) == [
        "A",
        "I",
        "R",
    ]


def test_an_axis_at_45_degrees_still_gets_one_letter_each() -> None:
    c = np.sqrt(0.5)
    codes = Geometry((2, 2, 2), direction=(c, -c, 0.0, c, c, 0.0, 0.0, 0.0, 1.0)).axis_codes
    assert codes[2] == "S"
    assert {codes[0] in "LR", codes[1] in "LR"} == {True, False}


def test_a_crop_keeps_its_voxels_in_place() -> None:
    volume = Volume(np.arange(60).reshape(TURNED.shape), TURNED)
    crop = volume.cropped((1, 0, 2), (4, 2, 4))
    assert crop.geometry.size == (3, 2, 2)
    assert crop.voxels[0, 0, 0] == volume.voxels[2, 0, 1]
    np.testing.assert_allclose(crop.geometry.index_to_lps((0, 0, 0)), TURNED.index_to_lps((1, 0, 2)))
    assert np.shares_memory(crop.voxels, volume.voxels)


def test_the_grid_of_a_block_is_that_of_the_crop() -> None:
    grid = Geometry((7, 8, 9), (1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    assert grid.block((slice(1, 4), slice(2, 8), slice(0, 5))) == grid.cropped((0, 2, 1), (5, 8, 4))


def test_a_new_voxel_size_keeps_the_outer_corner_and_covers_all() -> None:
    finer = TURNED.resampled((1.0, 1.0, 1.0))
    assert finer.size == (3, 6, 12)  # 2.5, 6 and 12 mm
    np.testing.assert_allclose(finer.index_to_lps((-0.5, -0.5, -0.5)), TURNED.index_to_lps((-0.5, -0.5, -0.5)))
    assert (finer.lps_to_index(TURNED.index_to_lps((4.5, 2.5, 3.5))) <= np.array(finer.size) - 0.5 + 1e-9).all()


def test_the_same_voxel_size_changes_nothing() -> None:
    assert TURNED.resampled(TURNED.spacing) == TURNED


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"origin": (10.0, -20.0, 30.0001)}, True),
        ({"origin": (10.0, -20.0, 30.1)}, False),
        ({"spacing": (0.5, 2.0, 3.1)}, False),
        ({"shape": (4, 3, 6)}, False),
        ({"direction": (0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)}, False),
    ],
)
def test_grids_match_to_a_thousandth_of_a_voxel(change: dict, same: bool) -> None:
    other = Geometry(**{**vars(TURNED), **change})
    assert TURNED.matches(other) is same


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize(("voxels", "same"), [(0.0007, True), (0.0015, False)])
@pytest.mark.parametrize("fixed", ["first", "last"])
def test_grids_of_slightly_other_spacing_match_by_their_worst_corner(
    axis: int, voxels: float, same: bool, fixed: str
) -> None:
    last = TURNED.size[axis] - 1
    spacing = list(TURNED.spacing)
    spacing[axis] *= 1 + voxels / last
    start = np.zeros(3)
    start[axis] = -voxels if fixed == "last" else 0.0
    other = replace(TURNED, spacing=tuple(spacing), origin=tuple(TURNED.index_to_lps(start)))
    assert TURNED.matches(other) is same


def test_voxels_that_do_not_fit_the_grid_are_refused() -> None:
    with pytest.raises(ValueError, match="geometry says"):
        Volume(np.zeros((2, 2, 2)), TURNED)


def test_other_voxels_keep_grid_and_modality() -> None:
    volume = Volume(np.zeros(TURNED.shape), TURNED, "CT")
    other = volume.with_voxels(np.ones(TURNED.shape))
    assert (other.geometry, other.modality, other.voxels.min()) == (TURNED, "CT", 1)
