"""A case is known by its image and its task, and nothing says whose image it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from orthoai.dataset import Dataset, save_case
from orthoai.volume import Source


def test_no_uid_and_no_series_description_is_written(rods: Callable, tmp_path: Path) -> None:
    volume, review = rods(study="9.8.7.6")
    folder = save_case(tmp_path, volume, review)
    for name in ("case.json", "review.json"):
        text = (folder / name).read_text()
        assert not any(secret in text for secret in ("9.8.7.6", "1.2.3.4", "Jane"))
    assert b"Jane" not in (folder / "image.nii.gz").read_bytes()


def test_a_case_is_named_by_its_image_and_task_and_grouped_by_its_study(rods: Callable, tmp_path: Path) -> None:
    made = {
        key: save_case(tmp_path, *rods(seed, study=study, task=task))
        for key, (seed, study, task) in {
            "one": (1, "1.1", "femur"),
            "same study": (2, "1.1", "femur"),
            "other study": (3, "2.2", "femur"),
            "other task": (1, "1.1", "ovf"),
            "no study": (4, "", "femur"),
        }.items()
    }
    assert len(set(made.values())) == 5
    groups = {key: json.loads((path / "case.json").read_text())["group"] for key, path in made.items()}
    assert groups["one"] == groups["same study"] == groups["other task"]
    assert len({groups["one"], groups["other study"], groups["no study"]}) == 3
    assert save_case(tmp_path / "elsewhere", *rods(1)).name == made["one"].name
    assert [case.lineage.task for case in Dataset(tmp_path).cases("ovf")] == ["ovf"]
    assert Dataset(tmp_path).tasks() == ["femur", "ovf"]


def test_the_study_that_the_task_ran_on_groups_a_case_whatever_the_image_in_hand_says(
    rods: Callable, tmp_path: Path
) -> None:
    for seed in (1, 2):
        volume, review = rods(seed, study="1.1")
        save_case(tmp_path, replace(volume, source=Source()), review)
    first, second = Dataset(tmp_path).cases()
    assert first.lineage.group == second.lineage.group


def test_an_image_that_was_never_a_file_is_known_by_its_voxels_and_its_grid(rods: Callable, tmp_path: Path) -> None:
    def saved(brighter: int = 0, shift: float = 0.0) -> str:
        volume, review = rods()
        x, y, z = volume.geometry.origin
        moved = replace(volume.geometry, origin=(x + shift, y, z))
        volume = replace(volume, voxels=volume.voxels + np.int16(brighter), geometry=moved, source=Source())
        result = replace(review.result, source=Source(), geometry=moved)
        return save_case(tmp_path / "data", volume, replace(review, result=result)).name

    assert saved() == saved()
    assert len({saved(), saved(brighter=1), saved(shift=2.0)}) == 3
