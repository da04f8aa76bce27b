"""Simulated training cases are ordinary case folders, and a stopped simulation goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from orthoai_training.dataset import find_cases
from orthoai_training.synth.limbs import LimbRecipe
from orthoai_training.train.simulate import simulate_cases

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
