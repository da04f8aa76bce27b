"""Crops are what stage 2 sees: one femur, room around it, the network's spacing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.write import write_labels, write_volume
from orthoai.volume import Volume, restore_array
from orthoai_training.dataset import find_cases, split_cases
from orthoai_training.femur.recipes import COMPACT
from orthoai_training.femur.segmenter.crop_store import open_crop, open_crops
from orthoai_training.femur.segmenter.crops import cut_case, cut_crops
from orthoai_training.femur.segmenter.patches import AIR_HU, make_batch

RECIPE = replace(COMPACT.segmenter, margin_mm=(4.0, 12.0))

LPS = Geometry((60, 40, 70), (1.5, 1.5, 2.0), (-50.0, -30.0, 10.0))


def two_bones() -> tuple[Volume, NDArray[np.uint8]]:
    """A left box (larger i), a right one whose knee reaches under the left one, and another bone (label 3)."""
    labels = np.zeros(LPS.shape, np.uint8)
    labels[10:50, 15:25, 42:52] = 1
    labels[10:50, 15:25, 16:26] = 2
    labels[10:14, 15:25, 26:40] = 2
    labels[52:58, 10:30, 20:50] = 3
    hu = np.where(labels == 1, 600, np.where(labels == 2, 500, np.where(labels == 3, 400, 30))).astype(np.int16)
    return Volume(hu, LPS, "CT"), labels


def test_each_femur_gets_a_crop_on_the_spacing_of_the_recipe(tmp_path: Path) -> None:
    volume, labels = two_bones()
    names = cut_case(volume, labels, "a", RECIPE, tmp_path)
    assert names == ["a_femur_left_0", "a_femur_right_0"]
    left = open_crop(tmp_path / names[0])
    # 10 x 10 x 40 voxels of 1.5 x 1.5 x 2 mm are as many cubic millimeters.
    assert int(left.mask.sum()) == pytest.approx(15 * 15 * 80, rel=0.02)
    spans = [np.flatnonzero(left.mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    for span, size, length in zip(spans, left.image.shape, (80, 15, 15), strict=True):
        assert len(span) == pytest.approx(length, abs=1)
        for margin in (span[0], size - 1 - span[-1]):
            assert 4 - 1 <= margin <= 12 + 2
    assert np.median(left.image[left.mask > 0]) == 600


def test_the_other_femur_is_background(tmp_path: Path) -> None:
    volume, labels = two_bones()
    wide = replace(RECIPE, margin_mm=(30.0, 30.0))
    crop = open_crop(tmp_path / cut_case(volume, labels, "a", wide, tmp_path)[0])
    assert (crop.image == 500).any()
    assert not crop.mask[crop.image == 500].any()
    assert crop.mask[crop.image == 600].all()


def test_margins_differ_between_faces_and_seeds_and_repeat_with_the_seed(tmp_path: Path) -> None:
    volume, labels = two_bones()
    many = replace(RECIPE, crops_per_femur=3)
    first = [open_crop(tmp_path / "1" / n).image for n in cut_case(volume, labels, "a", many, tmp_path / "1", seed=1)]
    again = [open_crop(tmp_path / "2" / n).image for n in cut_case(volume, labels, "a", many, tmp_path / "2", seed=1)]
    other = [open_crop(tmp_path / "3" / n).image for n in cut_case(volume, labels, "a", many, tmp_path / "3", seed=2)]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert len({crop.shape for crop in first}) > 2
    assert any(a.shape != b.shape for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("codes", ["RAS", "PIR", "SLA"])
def test_any_axis_order_gives_the_same_crop(codes: str, tmp_path: Path) -> None:
    volume, labels = two_bones()
    source = LPS.reoriented(codes)
    turned = Volume(restore_array(volume.voxels, source, "LPS"), source, "CT")
    turned_labels = restore_array(labels, source, "LPS")
    cut_case(volume, labels, "a", RECIPE, tmp_path / "lps", seed=1)
    cut_case(turned, turned_labels, "a", RECIPE, tmp_path / "turned", seed=1)
    for name in ("a_femur_left_0", "a_femur_right_0"):
        one, two = open_crop(tmp_path / "lps" / name), open_crop(tmp_path / "turned" / name)
        np.testing.assert_array_equal(one.image, two.image)
        np.testing.assert_array_equal(one.mask, two.mask)


def test_a_missing_femur_gives_no_crop(tmp_path: Path) -> None:
    volume, labels = two_bones()
    assert cut_case(volume, np.where(labels == 2, 2, 0), "a", RECIPE, tmp_path) == ["a_femur_right_0"]


def test_the_place_of_a_missing_femur_is_cut_empty_when_asked(tmp_path: Path) -> None:
    volume, labels = two_bones()
    one = np.where(labels == 1, 1, 0).astype(np.uint8)
    names = cut_case(volume, one, "a", RECIPE, tmp_path, missing=True)
    assert names == ["a_femur_left_0", "a_femur_right_0"]
    present, empty = (open_crop(tmp_path / name) for name in names)
    assert present.mask.any() and not empty.mask.any() and len(empty.centers) == 0
    # Where a left femur lies, mirrored: the other bone is there, the left one is not.
    assert (empty.image == 500).any() and not (empty.image == 600).any()
    batch = make_batch([empty], replace(RECIPE, patch=(24, 24, 24)), seed=1, step=0)
    assert not batch.mask.any() and (batch.image > AIR_HU).any()


def test_a_femur_at_the_middle_has_no_empty_place_beside_it(tmp_path: Path) -> None:
    volume, labels = two_bones()
    middle = np.roll(np.where(labels == 1, 1, 0).astype(np.uint8), -12, axis=2)
    assert cut_case(volume, middle, "a", RECIPE, tmp_path, missing=True) == ["a_femur_left_0"]


def test_single_stage_trains_on_the_whole_volume_with_both_femora(tmp_path: Path) -> None:
    volume, labels = two_bones()
    names = cut_case(volume, labels, "a", replace(RECIPE, whole_volume=True), tmp_path)
    crop = open_crop(tmp_path / names[0])
    assert names == ["a_whole"]
    assert crop.image.shape == (120, 60, 105)
    assert crop.mask[crop.image == 600].all() and crop.mask[crop.image == 500].all()
    assert not crop.mask[crop.image == 400].any()


def test_cases_are_cut_into_the_subsets_of_the_split_once(tmp_path: Path) -> None:
    volume, labels = two_bones()
    for name in ("a", "b", "c"):
        (tmp_path / "cases" / name).mkdir(parents=True)
        write_volume(volume, tmp_path / "cases" / name / "image.nii.gz")
        write_labels(labels, LPS, tmp_path / "cases" / name / "labels.nii.gz")
    cases = find_cases(tmp_path / "cases")
    split = split_cases(cases, seed=0, validation_share=0.3)
    cut_crops(cases, split, RECIPE, tmp_path / "crops")
    assert len(open_crops(tmp_path / "crops", "train")) == 4
    held_out = open_crops(tmp_path / "crops", "validation")
    assert [crop.name for crop in held_out] == [f"{split.validation[0]}_femur_{side}_0" for side in ("left", "right")]
    kept = tmp_path / "crops" / "validation" / held_out[0].name / "image.npy"
    before = kept.stat().st_mtime_ns
    cut_crops(cases, split, RECIPE, tmp_path / "crops")
    assert kept.stat().st_mtime_ns == before
    with pytest.raises(InputError, match="other settings"):
        cut_crops(cases, split, replace(RECIPE, spacing_mm=(2.0, 2.0, 2.0)), tmp_path / "crops")


def test_corrected_labels_are_cut_again(tmp_path: Path) -> None:
    volume, labels = two_bones()
    folder = tmp_path / "cases" / "a"
    folder.mkdir(parents=True)
    write_volume(volume, folder / "image.nii.gz")
    for corrected, sides in ((labels, {"left", "right"}), (np.where(labels == 2, 0, labels), {"left"})):
        write_labels(corrected.astype(np.uint8), LPS, folder / "labels.nii.gz")
        cases = find_cases(tmp_path / "cases")
        cut_crops(cases, split_cases(cases, 0), RECIPE, tmp_path / "crops")
        assert {crop.name.split("_")[2] for crop in open_crops(tmp_path / "crops", "train")} == sides
