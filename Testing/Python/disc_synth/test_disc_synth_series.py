"""The simulated series: grid, labels and gray values agree with what is known of the discs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.io.read import read_volume
from orthoai.tasks.disc.contrast import fluid_ratio, require_mr_values
from orthoai.tasks.disc.labels import CANAL, DISC, VERTEBRA
from orthoai.tasks.disc.measure import measure_disc
from orthoai.tasks.disc.midslice import midslice
from orthoai.tasks.disc.plane import sagittal
from orthoai_training.disc.synth_mr.simulate import SeriesRecipe, SimulatedSpine, simulate_cases, simulate_spine
from scipy import ndimage

RECIPE = SeriesRecipe(slices=9, pixel_mm=1.0)
FINE = SeriesRecipe(slices=3, slice_mm=2.0, pixel_mm=0.5, noise=0.0, grades=(1, 2, 3, 4, 5, 2, 2, 2))


@pytest.fixture(scope="module")
def series() -> SimulatedSpine:
    return simulate_spine(RECIPE, 7)


@pytest.fixture(scope="module")
def fine() -> SimulatedSpine:
    return simulate_spine(FINE, 5)


def masks(made: SimulatedSpine) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Discs and vertebral bodies of the middle slice, from caudal upward; bodies without posterior elements."""
    labels = made.labels[made.middle]
    discs, count = ndimage.label(labels == DISC)
    order = sorted(range(1, count + 1), key=lambda n: -ndimage.center_of_mass(discs == n)[0])
    bodies, count = ndimage.label(labels == VERTEBRA)
    places = {n: ndimage.center_of_mass(bodies == n) for n in range(1, count + 1)}
    behind = np.argwhere(labels == CANAL)
    front = [n for n in places if places[n][1] < behind[np.abs(behind[:, 0] - places[n][0]).argmin(), 1]]
    return [discs == n for n in order], [bodies == n for n in sorted(front, key=lambda n: -places[n][0])]


def test_slices_are_sagittal_and_right_side_up(series: SimulatedSpine) -> None:
    geometry = series.volume.geometry
    assert geometry.axis_codes == "PIR" and np.linalg.det(geometry.directions) == pytest.approx(1.0)
    stack = sagittal(series.volume)
    assert stack.voxels.shape == series.labels.shape
    assert series.volume.modality == "MR"
    require_mr_values(series.volume)


def test_all_three_structures_are_labeled_and_discs_lie_where_they_are_said_to(series: SimulatedSpine) -> None:
    assert set(np.unique(series.labels)) == {0, VERTEBRA, DISC, CANAL}
    for disc in series.discs:
        if disc.visible:
            assert series.labels[series.middle, int(disc.row), int(disc.column)] == DISC


def test_the_middle_slice_is_told_by_content(series: SimulatedSpine) -> None:
    assert abs(midslice(series.labels) - series.middle) <= 1


def test_fluid_is_bright_on_t2_and_dark_on_t1(series: SimulatedSpine) -> None:
    other = simulate_spine(replace(RECIPE, contrast="t1"), 7)
    assert np.array_equal(other.labels, series.labels)
    assert fluid_ratio(series.volume.voxels, series.labels) > 1.3
    assert fluid_ratio(other.volume.voxels, other.labels) < 0.7


def test_a_worse_grade_is_a_darker_disc(fine: SimulatedSpine) -> None:
    values = fine.volume.voxels[fine.middle]
    levels = [float(values[int(disc.row), int(disc.column)]) for disc in fine.discs[:5]]
    assert levels == sorted(levels, reverse=True)


def test_heights_and_bulge_measured_on_the_masks_are_the_known_ones(fine: SimulatedSpine) -> None:
    discs, bodies = masks(fine)
    canal, pixels = fine.labels[fine.middle] == CANAL, fine.volume.voxels[fine.middle]
    for number, truth in enumerate(fine.discs[:5]):
        below = bodies[number - 1] if number else np.zeros_like(canal)
        found = measure_disc(discs[number], bodies[number], below, canal, pixels, (0.5, 0.5))
        assert found.middle_mm == pytest.approx(truth.middle_mm, abs=1.0)
        assert found.anterior_mm == pytest.approx(truth.anterior_mm, abs=1.6)
        assert found.posterior_mm == pytest.approx(truth.posterior_mm, abs=1.6)
        if number and not truth.herniated:
            assert found.bulge_mm == pytest.approx(truth.bulge_mm, abs=1.0)


def test_the_same_seed_gives_the_same_voxels(series: SimulatedSpine) -> None:
    again = simulate_spine(RECIPE, 7)
    assert np.array_equal(again.volume.voxels, series.volume.voxels) and again.discs == series.discs
    assert not np.array_equal(simulate_spine(RECIPE, 8).volume.voxels, series.volume.voxels)


def test_cases_are_written_with_what_is_known_and_not_twice(tmp_path: Path) -> None:
    recipe = SeriesRecipe(slices=2, pixel_mm=1.6)
    simulate_cases(tmp_path, 2, 3, recipe)
    case = tmp_path / "spine_0001"
    before = {file.name: file.stat().st_mtime_ns for file in case.iterdir()}
    simulate_cases(tmp_path, 2, 3, recipe)
    assert {file.name: file.stat().st_mtime_ns for file in case.iterdir()} == before
    image, labels = read_volume(case / "image.nii.gz"), read_volume(case / "labels.nii.gz")
    assert image.geometry.matches(labels.geometry)
    meta = json.loads((case / "case.json").read_text())
    assert meta["task"] == "disc" and meta["discs"][0]["level"] == "L5/S1"
