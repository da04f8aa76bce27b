"""Which bones have a fibula beside them."""

from __future__ import annotations

import numpy as np
import pytest
from femur_fakes import engines
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.tasks import RunOptions
from orthoai.tasks.femur.assemble import Part
from orthoai.tasks.femur.crop import crop
from orthoai.tasks.femur.fibula import has_fibula
from orthoai.tasks.femur.findings import MAY_BE_TIBIA
from orthoai.tasks.femur.pipeline import run
from orthoai.volume import Volume, reorient_array

FINE = Geometry((60, 100, 100), (1.5, 1.5, 5.0))
"""A leg of 150 x 150 x 300 mm in LPS order."""

AIR, MUSCLE, CONTRAST, CORTEX, METAL = -1000, 50, 450, 1100, 3071


def _pipe(grid: Geometry, x: float, y: float, outer: float, inner: float, z: tuple[float, float]) -> NDArray[np.bool_]:
    """A tube along k around the point (x, y) mm, over the heights ``z`` mm."""
    k, j, i = np.ogrid[tuple(slice(n) for n in grid.shape)]
    away = np.hypot(i * grid.spacing[0] - x, j * grid.spacing[1] - y)
    height = k * grid.spacing[2]
    return (away < outer) & (away >= inner) & (height >= z[0]) & (height < z[1])


def _leg(
    grid: Geometry = FINE,
    gap: float = 15.0,
    radius: float = 6.5,
    marrow: float = 2.0,
    hu: int = CORTEX,
    z: tuple[float, float] = (30.0, 270.0),
) -> tuple[Volume, NDArray[np.bool_]]:
    """A bone of 240 mm, and a rod ``gap`` mm beside it: (CT, the bone's mask)."""
    voxels = np.where(_pipe(grid, 75, 75, 72, 0, (0, 300)), MUSCLE, AIR).astype(np.int16)
    bone = _pipe(grid, 60, 75, 15, 0, (30, 270))
    voxels[_pipe(grid, 60, 75, 15, 9, (30, 270))] = CORTEX
    voxels[_pipe(grid, 60 + 15 + gap + radius, 75, radius, marrow, z)] = hu
    return Volume(voxels, grid, "CT"), bone


def _beside(volume: Volume, bone: NDArray[np.bool_]) -> bool:
    box = Box.around("femur_left", bone, volume.geometry)
    whole = crop(volume, box)
    return has_fibula(Part(whole, bone[whole.slices]), volume)


@pytest.mark.parametrize("gap", [3.5, 15.0, 33.0])
def test_a_rod_beside_a_tibia_is_its_fibula(gap: float) -> None:
    assert _beside(*_leg(gap=gap))


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [((38, 500, 500), (0.3, 0.3, 8.0)), ((60, 50, 50), (3.0, 3.0, 5.0)), ((300, 100, 50), (3.0, 1.5, 1.0))],
)
def test_it_is_seen_whatever_the_voxels(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> None:
    assert _beside(*_leg(Geometry(shape, spacing)))


@pytest.mark.parametrize("order", ["SLP", "PSR"])
def test_it_is_seen_beside_a_leg_that_lies_along_another_axis(order: str) -> None:
    volume, bone = _leg()
    turned = volume.reoriented(order)
    lying = Volume(turned.voxels, Geometry(turned.voxels.shape, turned.geometry.spacing), "CT")
    assert _beside(lying, reorient_array(bone, volume.geometry, order))


@pytest.mark.parametrize(
    "changes",
    [
        {"z": (30.0, 110.0)},
        {"gap": 45.0},
        {"radius": 3.0},
        {"radius": 16.5, "marrow": 10.0},
        {"hu": METAL},
        {"hu": CONTRAST, "marrow": 0.0},
        {"hu": MUSCLE},
    ],
    ids=["a third of the bone", "an arm", "a thin vessel", "the other femur", "a plate", "a wide vessel", "nothing"],
)
def test_what_is_no_fibula_is_not_taken_for_one(changes: dict[str, float]) -> None:
    assert not _beside(*_leg(**changes))


def test_a_rod_that_is_interrupted_is_no_fibula() -> None:
    volume, bone = _leg()
    assert _beside(volume, bone)
    volume.voxels[30] = np.where(bone[30], CORTEX, MUSCLE)
    upper, lower = _leg(z=(30.0, 110.0))[0].voxels, _leg(z=(190.0, 270.0))[0].voxels
    assert _beside(volume, bone)
    assert not _beside(Volume(np.maximum(upper, lower), FINE, "CT"), bone)


def test_the_result_says_that_it_may_be_a_tibia() -> None:
    volume, bone = _leg()
    box = Box.around("femur_left", bone, volume.geometry)
    result = run(volume, RunOptions(boxes=(box,)), load=lambda _: engines())
    assert np.array_equal(result.segmentation == 1, bone & (volume.voxels > 300))
    assert MAY_BE_TIBIA in result.findings[0].flags
    assert result.message == "Found the left femur. Look again at the left: it may be a tibia."
