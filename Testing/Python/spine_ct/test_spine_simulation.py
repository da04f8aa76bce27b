"""Simulated spine CT: what is said of each vertebra is what the voxels show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.io.write import write_labels
from orthoai.spine.genant import Heights, gradings
from orthoai.spine.heights import measure_body
from orthoai.volume import Volume
from orthoai_training.dataset import CaseFolder
from orthoai_training.spine_ct.case import BODIES_FILE, CLASSES, SpineCase, class_map, read_case, write_case
from orthoai_training.spine_ct.cases import task_labels
from orthoai_training.spine_ct.field import MOST_VOXELS
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.simulate import simulate
from orthoai_training.train.credits import case_sources

QUICK = SpineOptions(
    field="lumbar",
    pixel_mm=(1.2, 1.2),
    slice_mm=(1.2, 1.2),
    thick_mm=None,
    fracture_rate=0.5,
    metal=0.0,
    noise=(10, 10),
)


@pytest.fixture(scope="module")
def case() -> SpineCase:
    return simulate(900_002, QUICK)


def test_the_same_seed_gives_the_same_case_and_another_seed_another(case: SpineCase) -> None:
    again, other = simulate(900_002, QUICK), simulate(900_004, QUICK)
    assert np.array_equal(case.volume.voxels, again.volume.voxels)
    assert np.array_equal(case.bodies, again.bodies)
    assert case.vertebrae == again.vertebrae
    assert case.volume.geometry == again.volume.geometry
    assert other.vertebrae != case.vertebrae


def test_a_spacing_that_was_asked_for_is_kept_though_it_takes_many_voxels() -> None:
    made = simulate(900_002, replace(QUICK, pixel_mm=(0.5, 0.5), slice_mm=(2.5, 2.5)))
    assert made.volume.geometry.spacing == (0.5, 0.5, 2.5) and max(made.volume.geometry.size[:2]) > max(MOST_VOXELS[:2])


def test_heights_in_the_mask_are_those_that_are_said(case: SpineCase) -> None:
    off = []
    for vertebra in case.vertebrae:
        if not vertebra.whole:
            continue
        measured = measure_body(case.bodies == vertebra.id, case.volume.geometry)
        assert measured is not None
        said = (vertebra.anterior_mm, vertebra.middle_mm, vertebra.posterior_mm)
        off.append(np.abs(np.asarray(measured.heights) - said).max())
    assert len(off) >= 3
    assert np.median(off) < 0.8
    assert max(off) < 2.0


def test_bodies_of_a_thick_scan_are_kept_as_they_were_before(tmp_path: Path) -> None:
    made = simulate(900_003, replace(QUICK, slice_mm=(5.0, 5.0)))
    assert made.fine is not None and made.fine.geometry.spacing[2] < 1.8
    write_case(made, tmp_path)
    back = read_case(tmp_path)
    assert np.array_equal(back.outlined.voxels, made.fine.voxels) and back.outlined.voxels.dtype == np.uint8
    assert back.outlined.geometry.origin == pytest.approx(made.fine.geometry.origin, abs=1e-4)
    assert set(np.unique(made.fine.voxels)) == set(np.unique(made.bodies))
    coarse = Volume(made.bodies, made.volume.geometry)
    for vertebra in made.vertebrae:
        if vertebra.whole:
            one, other = (
                each.geometry.index_to_lps(np.argwhere(each.voxels == vertebra.id).mean(axis=0)[::-1])
                for each in (made.fine, coarse)
            )
            assert one == pytest.approx(other, abs=1.5)
            measured = measure_body(made.fine.voxels == vertebra.id, made.fine.geometry)
            assert measured is not None
            assert measured.heights.posterior == pytest.approx(vertebra.posterior_mm, abs=1.0)


def test_thin_slices_and_cases_from_before_have_their_bodies_alone(case: SpineCase, tmp_path: Path) -> None:
    assert case.fine is None and case.outlined.voxels is case.bodies
    write_case(case, tmp_path)
    assert read_case(tmp_path).fine is None


@pytest.mark.parametrize("seed", [900_002, 900_009])
def test_classes_and_grades_follow_from_the_heights(seed: int) -> None:
    made = simulate(seed, QUICK)
    heights = [Heights(v.anterior_mm, v.middle_mm, v.posterior_mm) if v.whole else None for v in made.vertebrae]
    found = gradings(heights, [v.label != "normal" for v in made.vertebrae])
    assert any(v.label != "normal" for v in made.vertebrae)
    for vertebra, grading in zip(made.vertebrae, found, strict=True):
        if grading is not None:
            assert (grading.label, grading.grade) == (vertebra.label, vertebra.grade), vertebra


def test_the_class_map_shows_each_vertebra_in_its_class(case: SpineCase) -> None:
    classes = class_map(case)
    assert set(np.unique(case.bodies)) == {0, *(v.id for v in case.vertebrae)}
    for vertebra in case.vertebrae:
        assert set(np.unique(classes[case.bodies == vertebra.id])) == {CLASSES[vertebra.label]}
    assert not classes[case.bodies == 0].any()
    broken = np.isin(case.bodies, [v.id for v in case.vertebrae if v.label != "normal"])
    assert np.array_equal(task_labels(case, "fracture"), broken)
    assert np.array_equal(task_labels(case, "ovf") > 0, broken)
    assert task_labels(case, "ovf").max() <= 3


def test_what_is_written_is_read_again(case: SpineCase, tmp_path: Path) -> None:
    case = replace(case, textures=("tptbox_ct",))
    write_case(case, tmp_path / "case")
    again = read_case(tmp_path / "case")
    assert again.textures == ("tptbox_ct",)
    assert case_sources([CaseFolder(tmp_path / "case")]) == ["tptbox_ct"]
    assert np.array_equal(again.volume.voxels, case.volume.voxels)
    assert np.array_equal(again.bodies, case.bodies)
    assert again.volume.geometry.matches(case.volume.geometry)
    assert (again.vertebrae, again.kind, again.seed) == (case.vertebrae, "simulated", 900_002)
    for text in ("{}", "[" * 100_000):
        (tmp_path / "case" / "case.json").write_text(text)
        with pytest.raises(InputError, match="no simulated spine"):
            read_case(tmp_path / "case")


def test_bodies_of_another_scan_are_refused(case: SpineCase, tmp_path: Path) -> None:
    write_case(case, tmp_path / "case")
    grid = case.volume.geometry
    write_labels(case.bodies[1:], grid.cropped((0, 0, 1), grid.shape[::-1]), tmp_path / "case" / BODIES_FILE)
    with pytest.raises(InputError, match="different grids"):
        read_case(tmp_path / "case")


def test_any_axis_order_shows_the_same_patient(case: SpineCase) -> None:
    turned = simulate(900_002, replace(QUICK, any_axes=True))
    assert turned.volume.geometry.axis_codes != "LPS"
    back = turned.volume.reoriented("LPS")
    assert back.geometry.matches(case.volume.geometry)
    assert np.array_equal(back.voxels, case.volume.voxels)
    assert turned.vertebrae == case.vertebrae


def test_a_tilted_scan_is_tilted_and_says_what_it_cuts() -> None:
    made = simulate(900_005, replace(QUICK, tilt=20.0))
    assert np.abs(made.volume.geometry.directions - np.eye(3)).max() > 0.05
    assert all(np.any(made.bodies == v.id) for v in made.vertebrae)


def test_bone_is_bright_and_the_default_field_stays_small() -> None:
    made = simulate(900_006)
    size = made.volume.geometry.size
    assert all(n <= most + 1 for n, most in zip(size, MOST_VOXELS, strict=True))
    hu = made.volume.voxels
    assert hu.dtype == np.int16
    assert -1024 <= hu.min() < -800
    assert np.mean(hu[made.bodies > 0]) > np.mean(hu[made.bodies == 0]) + 50


def test_no_fractures_are_drawn_where_none_are_asked_for() -> None:
    made = simulate(900_007, replace(QUICK, fracture_rate=0.0))
    assert {v.label for v in made.vertebrae} == {"normal"}
    assert {v.grade for v in made.vertebrae} == {0}
