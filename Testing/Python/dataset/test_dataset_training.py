"""An approved case is a training case: a simulated limb through its review into the training's own loaders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.dataset import Dataset, save_case
from orthoai.errors import InputError
from orthoai.provenance import provenance
from orthoai.result import Result
from orthoai.review import Review, Verdict, changes_between
from orthoai.tasks.femur import TASK
from orthoai.volume import Source
from orthoai_training.dataset import CaseFolder, find_cases, split_cases
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.crop_store import open_crops
from orthoai_training.femur.segmenter.crops import cut_crops
from orthoai_training.synth.limbs import LimbCase, LimbRecipe, simulate_limb


@pytest.fixture(scope="module")
def limb() -> LimbCase:
    recipe = replace(LimbRecipe(), field="hips", spacing=(4.0, 4.0, 4.0), metal=0.0, one_sided=0.0)
    return simulate_limb(recipe, seed=1)


def result_of(limb: LimbCase, number: int) -> Result:
    """What the femur task would say, with a part of the left femur missed."""
    geometry = limb.volume.geometry
    labels = limb.labels.copy()
    missed = np.flatnonzero((labels == 1).any(axis=(1, 2)))[:3]
    labels[missed] = np.where(labels[missed] == 1, 0, labels[missed])
    boxes = [Box.around(label.name, labels == label.value, geometry) for label in TASK.labels]
    return Result(
        task=TASK.name,
        source=Source("nifti", f"{number:064x}"),
        geometry=geometry,
        boxes=tuple(box for box in boxes if box is not None),
        segmentation=labels,
        labels=TASK.label_table,
        findings=(),
        message="Found 2 femora.",
        provenance=provenance("femur_two_stage", {"segmenter": "00ff"}, "cpu", "float32"),
    )


def test_an_approved_case_is_found_split_and_cut_into_crops(limb: LimbCase, tmp_path: Path) -> None:
    for number in range(4):
        result = result_of(limb, number)
        corrected = replace(result, segmentation=limb.labels)
        review = Review(corrected, Verdict.CORRECTED, reviewer="R1", changes=changes_between(result, corrected))
        assert [change.target for change in review.changes] == ["femur_left"]
        save_case(tmp_path / "data", limb.volume, review)
    dataset = Dataset(tmp_path / "data")
    assert dataset.verify() == []

    cases = find_cases(dataset.cases_folder)
    assert [case.name for case in cases] == [case.name for case in dataset.cases()]
    image, labels = cases[0].load()
    assert np.array_equal(image.voxels, limb.volume.voxels)
    assert np.array_equal(labels.voxels, limb.labels)
    split = split_cases(cases, seed=0, validation_share=0.25)
    assert (len(split.train), len(split.validation)) == (3, 1)

    recipe = replace(SegmenterRecipe(), spacing_mm=(5.0, 5.0, 5.0), crops_per_femur=1)
    cut_crops(cases, split, recipe, tmp_path / "crops")
    crops = open_crops(tmp_path / "crops", "train")
    assert len(crops) == 3 * 2
    for crop in crops:
        assert crop.image[crop.mask > 0].mean() > crop.image[crop.mask == 0].mean() + 100


def test_images_of_one_study_train_and_validate_together(limb: LimbCase, tmp_path: Path) -> None:
    for number in range(4):
        result = result_of(limb, number)
        study = replace(result.source, uids={"study": f"1.2.{number // 2}"})
        save_case(tmp_path, limb.volume, Review(replace(result, source=study), Verdict.APPROVED))
    cases = find_cases(Dataset(tmp_path).cases_folder)
    assert len({case.group for case in cases}) == 2
    split = split_cases(cases, seed=3, validation_share=0.25)
    assert (len(split.train), len(split.validation)) == (2, 2)
    groups = {case.name: case.group for case in cases}
    assert not {groups[name] for name in split.train} & {groups[name] for name in split.validation}


def test_cases_of_another_task_do_not_train_femora(limb: LimbCase, tmp_path: Path) -> None:
    result = result_of(limb, 1)
    other = replace(result, task="ovf", labels={1: "crush", 2: "wedge"})
    save_case(tmp_path, limb.volume, Review(other, Verdict.APPROVED))
    cases = Dataset(tmp_path).cases_folder
    with pytest.raises(InputError, match="No case in"):
        find_cases(cases)
    femur = save_case(tmp_path, limb.volume, Review(result, Verdict.APPROVED))
    assert find_cases(cases) == [CaseFolder(femur)]
