"""A reviewed case keeps the vertebral bodies that its task numbered, the sound ones too."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.dataset import Dataset, save_case
from orthoai.result import VERTEBRAE, Extra
from orthoai.review import Review

FILE = "vertebrae.nii.gz"


def with_bodies(review: Review, voxels: np.ndarray | None = None) -> Review:
    """``review`` of a result with the extra; by default two slabs that are no labels."""
    if voxels is None:
        voxels = np.zeros(review.result.geometry.shape, np.uint8)
        voxels[2:9], voxels[12:20] = 1, 2
    extras = (Extra(VERTEBRAE, voxels, {1: "L5", 2: "L4"}), Extra("attention", np.full_like(voxels, 9)))
    return replace(review, result=replace(review.result, extras=extras))


@pytest.mark.parametrize("codes", ["LPS", "SAL"])
def test_the_numbers_come_back_on_the_image_s_grid(rods: Callable, tmp_path: Path, codes: str) -> None:
    volume, review = rods(codes=codes, task="ovf")
    review = with_bodies(review)
    folder = save_case(tmp_path, volume, review)
    (case,) = Dataset(tmp_path).cases()
    bodies = case.vertebrae()
    assert bodies is not None and bodies.geometry.matches(volume.geometry)
    assert np.array_equal(bodies.voxels, review.result.extras[0].voxels)
    files = json.loads((folder / "case.json").read_text())["files"]
    assert sorted(files) == ["image.nii.gz", "labels.nii.gz", "review.json", FILE]
    assert Dataset(tmp_path).verify() == []


def test_a_case_of_before_has_none(rods: Callable, tmp_path: Path) -> None:
    save_case(tmp_path, *rods())
    (case,) = Dataset(tmp_path).cases()
    assert case.vertebrae() is None and Dataset(tmp_path).verify() == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (Path.unlink, "has lost its vertebrae.nii.gz; export its review again."),
        (lambda file: file.write_bytes(b"cut"), "has changed since it was saved; export its review again."),
    ],
    ids=["lost", "damaged"],
)
def test_damage_is_told_and_mended_by_saving_again(
    rods: Callable, tmp_path: Path, damage: Callable[[Path], object], told: str
) -> None:
    volume, review = rods(task="ovf")
    damage(save_case(tmp_path, volume, with_bodies(review)) / FILE)
    (problem,) = Dataset(tmp_path).verify()
    assert FILE in problem and problem.endswith(told)
    save_case(tmp_path, volume, with_bodies(review))
    assert Dataset(tmp_path).verify() == []


def test_an_older_revision_keeps_its_numbers(rods: Callable, edited: Callable, tmp_path: Path) -> None:
    volume, review = rods(task="ovf")
    folder = save_case(tmp_path, volume, with_bodies(review))
    first = (folder / FILE).read_bytes()
    save_case(tmp_path, volume, with_bodies(edited(review), np.ones(review.result.geometry.shape, np.uint8)))
    assert (tmp_path / "revisions" / folder.name / "0001" / FILE).read_bytes() == first
    save_case(tmp_path, volume, edited(review, created="2025-11-22T10:00:00Z"))
    assert not (folder / FILE).exists()
    assert Dataset(tmp_path).verify() == []


def test_saving_twice_changes_nothing_and_other_numbers_are_a_new_revision(rods: Callable, tmp_path: Path) -> None:
    volume, review = rods(task="ovf")
    for _ in range(2):
        save_case(tmp_path, volume, with_bodies(review))
    assert Dataset(tmp_path).cases()[0].lineage.revision == 1
    save_case(tmp_path, volume, with_bodies(review, np.ones(review.result.geometry.shape, np.uint8)))
    assert Dataset(tmp_path).cases()[0].lineage.revision == 2
