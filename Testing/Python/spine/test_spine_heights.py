"""Heights of analytic bodies, whatever their tilt, pixels and defects."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.spine.genant import Heights
from orthoai.spine.heights import measure_body
from orthoai.volume import Volume
from spine_bodies import DEPTH, draw, sagittal_grid, turned

BODIES = {
    "box": Heights(25.0, 25.0, 25.0),
    "low box": Heights(12.3, 12.3, 12.3),
    "wedge": Heights(15.0, 20.0, 25.0),
    "steep wedge": Heights(9.0, 16.5, 24.0),
    "lordotic": Heights(27.0, 25.5, 24.0),
    "biconcave": Heights(24.0, 15.0, 25.0),
}

TOLERANCE_MM = 0.5


def errors(mask: np.ndarray, grid: Geometry, truth: Heights, up: tuple[float, float, float] = (0, 0, 1)) -> float:
    """Largest error of the three heights in mm."""
    found = measure_body(mask, grid, up)
    assert found is not None
    return float(np.abs(np.asarray(found.heights) - np.asarray(truth)).max())


@pytest.mark.parametrize("lean", [-40.0, -15.0, 0.0, 25.0, 40.0])
@pytest.mark.parametrize("name", BODIES)
def test_heights_are_right_at_any_tilt(name: str, lean: float) -> None:
    grid = sagittal_grid(0.8)
    shares = draw(BODIES[name], grid, turned(lean), fine=2)
    assert errors(shares, grid, BODIES[name]) < TOLERANCE_MM


@pytest.mark.parametrize("pixel_mm", [0.8, 1.5])
@pytest.mark.parametrize("name", BODIES)
def test_masks_without_partial_volume_serve_too(name: str, pixel_mm: float) -> None:
    grid = sagittal_grid(pixel_mm)
    mask = draw(BODIES[name], grid, turned(13.0)) > 0.5
    assert errors(mask, grid, BODIES[name]) < (TOLERANCE_MM if pixel_mm < 1 else 1.1)


@pytest.mark.parametrize("name", BODIES)
def test_large_pixels_with_partial_volume_are_right(name: str) -> None:
    grid = sagittal_grid(1.5)
    shares = draw(BODIES[name], grid, turned(20.0), fine=3)
    assert errors(shares, grid, BODIES[name]) < TOLERANCE_MM


@pytest.mark.parametrize("side", [-20.0, 20.0])
def test_a_scoliotic_body_is_measured_along_its_own_axis(side: float) -> None:
    grid = sagittal_grid(0.8)
    shares = draw(BODIES["box"], grid, turned(10.0, side), fine=2)
    assert errors(shares, grid, BODIES["box"]) < TOLERANCE_MM


@pytest.mark.parametrize("name", ["box", "wedge", "lordotic"])
def test_round_rims_change_no_height(name: str) -> None:
    """A body's endplates round off toward its walls, in a network's outlines even more."""
    grid = sagittal_grid(0.8)
    shares = draw(BODIES[name], grid, turned(10.0), fine=2, rim_mm=4.5)
    assert errors(shares, grid, BODIES[name]) < TOLERANCE_MM / 2


def test_an_osteophyte_changes_no_height() -> None:
    def spur(local: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(local, -1, 0)
        return (np.abs(x) < 12) & (y < -DEPTH / 2 + 1) & (y > -DEPTH / 2 - 6) & (z < 12) & (z > 8)

    grid = sagittal_grid(0.8)
    shares = draw(BODIES["box"], grid, turned(10.0), fine=2, extra=spur)
    assert errors(shares, grid, BODIES["box"]) < TOLERANCE_MM


def test_a_speck_of_the_neighbor_changes_no_height() -> None:
    def speck(local: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(local, -1, 0)
        return (np.abs(x) < 12) & (np.abs(y - 13) < 3) & (z > 16) & (z < 19)

    grid = sagittal_grid(0.8)
    shares = draw(BODIES["box"], grid, turned(10.0), fine=2, extra=speck)
    assert errors(shares, grid, BODIES["box"]) < TOLERANCE_MM


def test_a_missing_slice_changes_no_height() -> None:
    grid = sagittal_grid(0.8)
    shares = draw(BODIES["wedge"], grid, turned(10.0), fine=2)
    shares[grid.shape[0] // 2] = 0
    assert errors(shares, grid, BODIES["wedge"]) < TOLERANCE_MM


@pytest.mark.parametrize("codes", ["LPS", "RAS", "SLA"])
def test_the_axis_order_does_not_matter(codes: str) -> None:
    grid = sagittal_grid(0.8)
    volume = Volume(draw(BODIES["wedge"], grid, turned(10.0), fine=2), grid).reoriented(codes)
    assert errors(volume.voxels, volume.geometry, BODIES["wedge"]) < TOLERANCE_MM


def test_place_axis_and_depth_are_told() -> None:
    grid = sagittal_grid(0.8, center=(30.0, 40.0, 200.0))
    axes = turned(25.0)
    found = measure_body(draw(BODIES["box"], grid, axes, (30.0, 40.0, 200.0), fine=2), grid)
    assert found is not None
    np.testing.assert_allclose(found.center, (30.0, 40.0, 200.0), atol=0.7)
    np.testing.assert_allclose(found.up, axes[:, 2], atol=0.03)
    assert found.depth_mm == pytest.approx(DEPTH, abs=1.0)
    assert found.anterior_ratio == pytest.approx(1.0, abs=0.03)
    assert found.middle_ratio == pytest.approx(1.0, abs=0.03)


def test_what_is_no_body_is_not_measured() -> None:
    grid = sagittal_grid(1.5)
    empty = np.zeros(grid.shape, bool)
    assert measure_body(empty, grid) is None
    empty[10, 20, 20] = True
    assert measure_body(empty, grid) is None
