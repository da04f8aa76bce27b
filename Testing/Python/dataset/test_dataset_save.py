"""Approved cases come back as they were reviewed, and only what a reviewer stands behind is taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.dataset import Dataset, save_case
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.review import Verdict


@pytest.mark.parametrize("codes", ["LPS", "RAS", "SAL"])
def test_a_case_comes_back_as_it_was_reviewed(rods: Callable, tmp_path: Path, codes: str) -> None:
    volume, review = rods(codes=codes)
    folder = save_case(tmp_path, volume, review)
    (case,) = Dataset(tmp_path).cases()
    assert case.path == folder
    image, labels = case.image(), case.labels()
    assert np.array_equal(image.voxels, volume.voxels)
    assert np.array_equal(labels.voxels, review.result.segmentation)
    assert image.geometry.matches(volume.geometry) and labels.geometry.matches(volume.geometry)
    assert image.modality == "CT"
    back = case.review()
    assert (back.verdict, back.comment, back.reviewer) == (review.verdict, review.comment, review.reviewer)
    assert back.result.boxes == review.result.boxes
    assert np.array_equal(back.result.segmentation, review.result.segmentation)


def test_the_lineage_says_where_a_case_comes_from(rods: Callable, tmp_path: Path) -> None:
    volume, review = rods(seed=7)
    content = json.loads((save_case(tmp_path, volume, review) / "case.json").read_text())
    expected = {
        "schema_version": 1,
        "task": "femur",
        "input_sha256": f"{7:064x}",
        "modality": "CT",
        "labels": {"1": "femur_left", "2": "femur_right"},
        "model_name": "model_a",
        "model_sha256": {"detector": "ab12"},
        "orthoai_version": "0.1.0",
        "reviewer": "Dr. A",
        "verdict": "approved",
        "revision": 1,
        "parent_revision": None,
        "created": "2025-11-20T10:00:00Z",
    }
    assert {key: content[key] for key in expected} == expected
    assert set(content) == {*expected, "group", "files"}
    assert sorted(content["files"]) == ["image.nii.gz", "labels.nii.gz", "review.json"]


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [(None, "no verdict yet"), (Verdict.REJECTED, "A rejected case"), (Verdict.FLAGGED, "A flagged case")],
)
def test_only_what_a_reviewer_stands_behind_is_taken(
    rods: Callable, tmp_path: Path, verdict: Verdict | None, sentence: str
) -> None:
    volume, review = rods()
    with pytest.raises(InputError, match=sentence):
        save_case(tmp_path / "data", volume, replace(review, verdict=verdict))
    assert not (tmp_path / "data").exists()


def test_masks_that_do_not_fit_are_refused(rods: Callable, edited: Callable, tmp_path: Path) -> None:
    volume, review = rods()
    with pytest.raises(InputError, match="holds the value 9"):
        save_case(tmp_path / "data", volume, edited(review, 9))
    elsewhere = replace(volume, geometry=Geometry(volume.geometry.shape))
    with pytest.raises(InputError, match="another grid"):
        save_case(tmp_path / "data", elsewhere, review)
    assert not (tmp_path / "data").exists()
