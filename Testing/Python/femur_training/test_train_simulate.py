"""Simulated training cases are ordinary case folders, and a stopped simulation goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai_training.dataset import find_cases
from orthoai_training.femur import simulate
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.crop_store import open_crops
from orthoai_training.femur.simulate import simulate_crops
from orthoai_training.synth.cases import simulate_cases
from orthoai_training.synth.limbs import LimbRecipe

# Coarse and small, for speed.
RECIPE = replace(LimbRecipe(), field="hips", spacing=(4.0, 4.0, 4.0), metal=0.0, one_sided=0.0)


def test_simulated_cases_are_found_with_both_femora_and_kept_when_complete(tmp_path: Path) -> None:
    simulate_cases(tmp_path, 2, seed=1, recipe=RECIPE)
    cases = find_cases(tmp_path)
    assert [case.name for case in cases] == ["limb_0000", "limb_0001"]
    image, labels = cases[0].load()
    assert sorted(np.unique(labels.voxels)) == [0, 1, 2]
    assert image.voxels[labels.voxels > 0].mean() > image.voxels[labels.voxels == 0].mean()
    assert not np.array_equal(image.voxels, cases[1].image().voxels)
    kept = (tmp_path / "limb_0000" / "image.nii.gz").stat().st_mtime_ns
    (tmp_path / "limb_0001" / "case.json").unlink()
    simulate_cases(tmp_path, 2, seed=1, recipe=RECIPE)
    assert (tmp_path / "limb_0000" / "image.nii.gz").stat().st_mtime_ns == kept
    assert cases[1].meta["seed"] == 100_001


def test_most_scans_for_the_segmenter_are_coarse_hips_or_fine_femora() -> None:
    fields = [field for field, _ in simulate.CROP_SCANS]
    assert fields.count("hips") >= 4 and fields.count("femur") >= 4
    assert max(spacing[2] for field, spacing in simulate.CROP_SCANS if field == "hips") == 3.0


def test_fine_scans_become_crops_and_the_first_ones_validate(
    tmp_path: Path, tiny: SegmenterRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "CROP_SCANS", (("femur", (5.0, 5.0, 6.0)),))
    coarse = replace(tiny, spacing_mm=(5.0, 5.0, 5.0))
    simulate_crops(tmp_path, 3, 1, seed=2, limbs=replace(LimbRecipe(), metal=0.0), recipe=coarse)
    assert {crop.name.split("_femur")[0] for crop in open_crops(tmp_path, "validation")} == {"limb_0000"}
    train = open_crops(tmp_path, "train")
    assert {crop.name.split("_femur")[0] for crop in train} == {"limb_0001", "limb_0002"}
    for crop in train:
        assert 0.01 < crop.mask.mean() < 0.5
        assert crop.image[crop.mask > 0].mean() > crop.image[crop.mask == 0].mean() + 100
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("image.npy")}
    (tmp_path / "train" / "limb_0002.done").unlink()
    simulate_crops(tmp_path, 3, 1, seed=2, limbs=replace(LimbRecipe(), metal=0.0), recipe=coarse)
    redone = {path.parent.name[:9] for path in tmp_path.rglob("image.npy") if path.stat().st_mtime_ns != before[path]}
    assert redone == {"limb_0002"}
    with pytest.raises(InputError, match="other settings or another seed"):
        simulate_crops(tmp_path, 3, 1, seed=2, limbs=LimbRecipe(), recipe=replace(coarse, spacing_mm=(4.0, 4.0, 4.0)))
