"""All 48 axis orders, straight and oblique, against answers worked out by hand or by another route."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.volume import Volume, reorient_array, restore_array

ORDERS = [
    "".join(letters)
    for axes in permutations(("LR", "PA", "SI"))
    for letters in product(*axes)  # 6 permutations x 8 signs
]

LETTER_DIRECTIONS = {
    "L": (1, 0, 0),
    "R": (-1, 0, 0),
    "P": (0, 1, 0),
    "A": (0, -1, 0),
    "S": (0, 0, 1),
    "I": (0, 0, -1),
}


def rotation(angles_deg: tuple[float, float, float]) -> np.ndarray:
    """Rotation about x, then y, then z."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(angles_deg)):
        c, s = np.cos(angle), np.sin(angle)
        turn = np.eye(3)
        a, b = (axis + 1) % 3, (axis + 2) % 3
        turn[a, a], turn[a, b], turn[b, a], turn[b, b] = c, -s, s, c
        matrix = turn @ matrix
    return matrix


def ordered(codes: str, angles_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Geometry:
    columns = np.array([LETTER_DIRECTIONS[letter] for letter in codes], dtype=float).T
    return Geometry(
        shape=(4, 3, 5),
        spacing=(0.7, 1.3, 2.5),
        origin=(-11.0, 7.0, 123.0),
        direction=tuple((rotation(angles_deg) @ columns).ravel()),
    )


OBLIQUE = [(0.0, 0.0, 0.0), (12.0, -8.0, 20.0), (-25.0, 15.0, 5.0)]


def test_there_are_48_axis_orders() -> None:
    assert len(set(ORDERS)) == 48


@pytest.mark.parametrize("codes", ORDERS)
@pytest.mark.parametrize("angles", OBLIQUE)
def test_axis_codes_name_the_order_also_when_it_is_oblique(codes: str, angles: tuple[float, float, float]) -> None:
    assert ordered(codes, angles).axis_codes == codes


@pytest.mark.parametrize("codes", ORDERS)
@pytest.mark.parametrize("angles", OBLIQUE)
def test_reorienting_moves_no_voxel_in_the_patient(codes: str, angles: tuple[float, float, float]) -> None:
    geometry = ordered(codes, angles)
    # Each voxel carries its own number, so its place can be looked up before and after.
    volume = Volume(np.arange(60, dtype=np.int16).reshape(geometry.shape), geometry)
    moved = volume.reoriented("LPS")
    assert moved.geometry.axis_codes == "LPS"
    for k, j, i in np.ndindex(*moved.voxels.shape):
        old_k, old_j, old_i = np.argwhere(volume.voxels == moved.voxels[k, j, i])[0]
        np.testing.assert_allclose(
            moved.geometry.index_to_lps((i, j, k)), geometry.index_to_lps((old_i, old_j, old_k)), atol=1e-9
        )


@pytest.mark.parametrize("codes", ORDERS)
@pytest.mark.parametrize("angles", OBLIQUE)
def test_restoring_gives_back_array_and_grid(codes: str, angles: tuple[float, float, float]) -> None:
    geometry = ordered(codes, angles)
    array = np.arange(60).reshape(geometry.shape)
    there = reorient_array(array, geometry, "LPS")
    np.testing.assert_array_equal(restore_array(there, geometry, "LPS"), array)
    assert geometry.reoriented("LPS").reoriented(codes).matches(geometry, 1e-9)


@pytest.mark.parametrize("codes", ORDERS)
def test_reorienting_is_a_view(codes: str) -> None:
    geometry = ordered(codes)
    array = np.zeros(geometry.shape)
    assert np.shares_memory(reorient_array(array, geometry, "LPS"), array)


@pytest.mark.parametrize("source", ORDERS[::7])
@pytest.mark.parametrize("target", ORDERS[::5])
def test_any_order_reaches_any_other(source: str, target: str) -> None:
    geometry = ordered(source, (10.0, 5.0, -15.0))
    assert geometry.reoriented(target).axis_codes == target
    array = np.arange(60).reshape(geometry.shape)
    direct = reorient_array(array, geometry, target)
    stepped = reorient_array(reorient_array(array, geometry, "LPS"), geometry.reoriented("LPS"), target)
    np.testing.assert_array_equal(direct, stepped)


def test_a_volume_in_ras_has_its_first_two_axes_flipped_in_lps() -> None:
    geometry = Geometry(shape=(1, 2, 3), origin=(10.0, 20.0, 30.0), direction=(-1, 0, 0, 0, -1, 0, 0, 0, 1))
    volume = Volume(np.array([[[1, 2, 3], [4, 5, 6]]]), geometry).reoriented("LPS")
    np.testing.assert_array_equal(volume.voxels, [[[6, 5, 4], [3, 2, 1]]])
    assert volume.geometry.origin == (8.0, 19.0, 30.0)
    np.testing.assert_array_equal(volume.geometry.directions, np.eye(3))


def test_a_sagittal_series_becomes_axial() -> None:
    # i to posterior, j to inferior, k to right: voxel (i, j, k) lies at LPS (-3k, 1i, -2j).
    geometry = Geometry(shape=(2, 3, 4), spacing=(1.0, 2.0, 3.0), direction=(0, 0, -1, 1, 0, 0, 0, -1, 0))
    assert geometry.axis_codes == "PIR"
    lps = geometry.reoriented("LPS")
    assert lps.size == (2, 4, 3)
    assert lps.spacing == (3.0, 1.0, 2.0)
    assert lps.origin == (-3.0, 0.0, -4.0)
