"""Cases on disk, their slices and the crops that a training draws."""

from __future__ import annotations

import json
from dataclasses import replace
from shutil import copytree, rmtree

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.io.write import write_labels, write_volume
from orthoai.progress import Progress
from orthoai_training.fracture.cases import BODY, FRACTURE, FractureCase, find_spine_cases, load_case
from orthoai_training.fracture.crops import CropSource, validation_tiles
from orthoai_training.fracture.recipe import COMPACT, PAPER, CropAugmentation, get_recipe
from orthoai_training.fracture.request import FractureRequest
from orthoai_training.fracture.slices import PlaneSlices, cut_slices, labels_on, slices_of
from orthoai_training.fracture.train import prepared_cases
from orthoai_training.spine_ct.case import write_case
from orthoai_training.spine_ct.credits import refuse_share_alike, spine_credits
from orthoai_training.synth.limbs import LimbRecipe, simulate_limb

STILL = CropAugmentation(rotation_degrees=0, zoom=(1, 1), flip_probability=0, intensity=None)


def test_simulated_cases_tell_fractures_and_bodies(make_case):
    case = FractureCase.of(make_case(0, (1,)), "a")
    assert set(np.unique(case.labels)) == {0, BODY, FRACTURE}
    assert np.array_equal(case.labels == FRACTURE, case.bodies == 21)


def test_own_cases_tell_fractures_alone(tmp_path, make_case):
    made = make_case()
    save_own(tmp_path / "own" / "a", made)
    case = load_case(find_spine_cases(tmp_path / "own")[0])
    assert case.bodies is None and case.kind == "real"
    assert np.array_equal(case.labels == FRACTURE, made.bodies == 21)


def save_own(folder, made, **meta):
    folder.mkdir(parents=True)
    write_volume(made.volume, folder / "image.nii.gz")
    write_labels((made.bodies == 21).astype(np.uint8), made.volume.geometry, folder / "labels.nii.gz")
    (folder / "case.json").write_text(json.dumps(meta))


def test_an_image_that_was_reviewed_for_two_tasks_is_one_case(tmp_path, make_case):
    for name, image in (("ovf-a", "a"), ("fracture-a", "a"), ("ovf-b", "b")):
        save_own(tmp_path / name, make_case(), task=name.split("-")[0], input_sha256=image)
    assert [case.name for case in find_spine_cases(tmp_path)] == ["fracture-a", "ovf-b"]


def test_a_save_that_was_killed_is_no_case(tmp_path, make_case):
    save_own(tmp_path / "a", make_case())
    copytree(tmp_path / "a", tmp_path / ".0f3a.partial-femur-b")
    (tmp_path / ".0f3a.partial-femur-b" / "case.json").unlink()
    assert [case.name for case in find_spine_cases(tmp_path)] == ["a"]


def test_a_simulated_leg_is_no_spine(tmp_path):
    limb = simulate_limb(LimbRecipe(field="hips", spacing=(6.0, 6.0, 6.0)), 1)
    folder = tmp_path / "limb"
    folder.mkdir()
    write_volume(limb.volume, folder / "image.nii.gz")
    write_labels(limb.labels, limb.volume.geometry, folder / "labels.nii.gz")
    (folder / "case.json").write_text(json.dumps(limb.meta))
    with pytest.raises(InputError, match="No case"):
        find_spine_cases(tmp_path)


def test_a_folder_without_cases_is_refused(tmp_path):
    with pytest.raises(InputError, match="No case"):
        find_spine_cases(tmp_path)


@pytest.mark.parametrize("plane", ["sagittal", "axial"])
def test_slices_have_millimeter_pixels_and_all_fractured_voxels(make_case, plane):
    case = FractureCase.of(make_case(), "a")
    slices = slices_of(case, plane)
    area = (slices.labels == FRACTURE).sum() * 1.0 * 1.0 * 3.0
    volume = (case.labels == FRACTURE).sum() * case.volume.geometry.voxel_volume
    assert area == pytest.approx(volume, rel=0.25)
    assert slices.pictures.shape == slices.labels.shape
    assert slices.pictures[slices.labels == FRACTURE].mean() > 1.5 * slices.pictures[slices.labels == 0].mean()
    assert (~slices.labels.any(axis=(1, 2))).any()


def test_labels_on_the_same_grid_are_the_same(make_case):
    case = make_case()
    assert np.array_equal(labels_on(case.bodies, case.volume.geometry, case.volume.geometry), case.bodies)


def test_slices_are_cut_once(tmp_path, make_case):
    write_case(make_case(), tmp_path / "cases" / "a", "fracture")
    cases = find_spine_cases(tmp_path / "cases")
    first = cut_slices(cases, "sagittal", tmp_path / "slices")[0]
    cut = (tmp_path / "slices" / "sagittal" / "a.npz").stat()
    again = cut_slices(cases, "sagittal", tmp_path / "slices")[0]
    assert np.array_equal(first.pictures, again.pictures) and again.knows_bodies
    assert (tmp_path / "slices" / "sagittal" / "a.npz").stat().st_mtime_ns == cut.st_mtime_ns
    (tmp_path / "slices" / "sagittal" / "a.npz").write_bytes(b"no")
    with pytest.raises(InputError, match="damaged"):
        cut_slices(cases, "sagittal", tmp_path / "slices")


def test_another_case_of_the_same_name_has_its_own_slices(tmp_path, make_case):
    for folder, fractured in (("one", (0,)), ("other", ())):
        write_case(make_case(0, fractured), tmp_path / folder / "a", "fracture")
        case = find_spine_cases(tmp_path / folder)[0]
        found = cut_slices([case], "sagittal", tmp_path / "slices")[0]
        assert np.array_equal(found.labels, slices_of(load_case(case), "sagittal").labels)
        assert (found.labels == FRACTURE).any() == bool(fractured)


def test_batches_depend_on_seed_and_step_alone(discs):
    recipe = replace(COMPACT, crop={"sagittal": (64, 32)}, batch=3)
    source = CropSource([discs(0), discs(1)], recipe, "sagittal", 7)
    batches = source.batches(4)
    first, again = next(batches), CropSource([discs(0), discs(1)], recipe, "sagittal", 7).batch(4)
    assert first.image.shape == (3, 1, 64, 32) and first.labels.shape == (3, 64, 32)
    assert bool((first.image == again.image).all()) and bool((first.labels == again.labels).all())
    assert not bool((source.batch(5).image == first.image).all())


def test_still_crops_keep_pictures_and_labels_together(discs):
    recipe = replace(COMPACT, crop={"sagittal": (64, 64)}, batch=8, augmentation=STILL)
    crops = CropSource([discs(3)], recipe, "sagittal", 0).batch(0)
    gray = crops.image[:, 0] * 255
    assert float(gray[crops.labels == 1].min()) > 200
    assert 90 < float(gray[crops.labels == 2].mean()) < 120


def test_only_axial_crops_are_mirrored():
    # A wedge of gray that grows to the right in every slice.
    pictures = np.tile(np.arange(64, dtype=np.uint8) * 4, (4, 64, 1))
    case = PlaneSlices("ramp", pictures, np.zeros_like(pictures), True)
    flipped = replace(STILL, flip_probability=1.0)
    for plane, grows in (("sagittal", True), ("axial", False)):
        recipe = replace(COMPACT, crop={plane: (32, 32)}, batch=4, augmentation=flipped)
        image = CropSource([case], recipe, plane, 0).batch(0).image[:, 0, 16]
        assert bool(image[:, 20].gt(image[:, 12]).all()) is grows


def test_validation_tiles_show_bodies_and_are_the_same_each_time(discs):
    first, again = validation_tiles(discs(0), 4), validation_tiles(discs(0), 4)
    assert first.pictures.shape == (4, 256, 256)
    assert all(labels.any() for labels in first.labels)
    assert np.array_equal(first.pictures, again.pictures)


def test_the_papers_recipe_is_the_papers():
    assert (PAPER.epochs, PAPER.learning_rate, PAPER.batch, PAPER.early_stop, PAPER.plateau_factor) == (
        150,
        1e-3,
        16,
        5,
        0.4,
    )
    with pytest.raises(InputError, match="no recipe"):
        get_recipe("large")


def test_the_split_is_by_case_and_keeps_real_shapes_together(tmp_path, make_case):
    for number in range(30):
        group = f"shape{number % 2}" if number % 5 == 0 else ""
        write_case(make_case(number, group=group), tmp_path / "cases" / f"spine_{number:04d}", "fracture")
    cases, split = prepared_cases(FractureRequest(tmp_path / "out", data=tmp_path / "cases"), Progress())
    parts = [split.train, split.validation, split.test]
    assert sorted(name for part in parts for name in part) == [case.name for case in cases]
    assert len(split.validation) == pytest.approx(3, abs=2) and len(split.test) == pytest.approx(6, abs=3)
    subsets: dict[str, set[str]] = {}
    for case in cases:
        subsets.setdefault(case.group, set()).add(split.subset_of(case.name))
    assert all(len(subset) == 1 for subset in subsets.values())


def test_share_alike_shapes_train_nothing(tmp_path):
    with pytest.raises(InputError, match="CC BY-SA"):
        FractureRequest(tmp_path, simulate=5, shapes=(tmp_path / "sub-verse004_seg.nii.gz",))
    refuse_share_alike(["meshes/vhm_lumbosacral"])
    assert len(spine_credits(["data/meshes/vhm_lumbosacral", "tptbox_ct"])) == 2


def test_a_run_keeps_to_its_cases(tmp_path, case_folder):
    request = FractureRequest(tmp_path / "out", data=case_folder)
    before = prepared_cases(request, Progress())
    others = copytree(case_folder, tmp_path / "others" / case_folder.name)
    with pytest.raises(InputError, match="begun with other --data"):
        prepared_cases(replace(request, data=others, resume=True), Progress())
    assert prepared_cases(request, Progress()) == before
    rmtree(case_folder / before[1].test[0])
    with pytest.raises(InputError, match=f"Case {before[1].test[0]} of .* is missing"):
        prepared_cases(request, Progress())


def test_cases_of_tests_are_not_trained_on(tmp_path, make_case):
    with pytest.raises(InputError, match="are for tests"):
        FractureRequest(tmp_path, simulate=3, seed=9)
    for number in range(3):
        write_case(make_case(900_000 + number), tmp_path / "cases" / f"spine_{number}", "fracture")
    with pytest.raises(InputError, match="are for tests"):
        prepared_cases(FractureRequest(tmp_path / "out", data=tmp_path / "cases"), Progress())
