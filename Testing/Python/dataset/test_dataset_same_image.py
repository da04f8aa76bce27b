"""The image of a case never changes: another one is refused, and the same one is known again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dataset_fakes import tree
from orthoai.dataset import Dataset, save_case
from orthoai.errors import InputError


def test_an_image_that_was_changed_after_the_run_never_replaces_the_one_that_was_reviewed(
    rods: Callable, edited: Callable, tmp_path: Path
) -> None:
    volume, review = rods()
    before = tree(save_case(tmp_path, volume, review))
    blurred = replace(volume, voxels=volume.voxels + np.int16(1))
    with pytest.raises(InputError, match="The image has changed"):
        save_case(tmp_path, blurred, edited(review))
    assert tree(next((tmp_path / "cases").iterdir())) == before


def test_an_image_that_was_moved_after_the_run_never_takes_the_place_of_the_one_that_was_reviewed(
    rods: Callable, edited: Callable, tmp_path: Path
) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, review)
    before = tree(tmp_path)
    x, y, z = volume.geometry.origin
    grid = replace(volume.geometry, origin=(x + 50.0, y, z))
    moved = edited(review)
    with pytest.raises(InputError, match="The image has been moved"):
        save_case(tmp_path, replace(volume, geometry=grid), replace(moved, result=replace(moved.result, geometry=grid)))
    assert tree(tmp_path) == before


@pytest.mark.parametrize("degrees", [0.01, 7.0, 172.0])
def test_a_tilted_image_whose_grid_a_file_rounds_can_be_reviewed_again(
    rods: Callable, edited: Callable, tmp_path: Path, degrees: float
) -> None:
    volume, review = rods()
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    grid = replace(
        volume.geometry, spacing=(0.7071, 0.7071, 1.0 / 3.0), direction=(c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0)
    )
    tilted = replace(volume, geometry=grid)
    for one in (review, edited(review)):
        save_case(tmp_path, tilted, replace(one, result=replace(one.result, geometry=grid)))
    assert Dataset(tmp_path).cases()[0].lineage.revision == 2


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.uint32, np.int16])
def test_an_image_of_any_type_can_be_reviewed_again(
    rods: Callable, edited: Callable, tmp_path: Path, kind: type
) -> None:
    volume, review = rods()
    voxels = (volume.voxels - volume.voxels.min()).astype(kind)
    voxels = voxels + kind(0.1) if np.issubdtype(kind, np.floating) else voxels * kind(3)
    wide = replace(volume, voxels=voxels)
    save_case(tmp_path, wide, review)
    save_case(tmp_path, wide, edited(review))
    assert Dataset(tmp_path).cases()[0].lineage.revision == 2


def test_an_image_with_gaps_can_be_reviewed_again(rods: Callable, edited: Callable, tmp_path: Path) -> None:
    volume, review = rods()
    gaps = replace(volume, voxels=np.where(volume.voxels > 0, volume.voxels, np.nan).astype(np.float32))
    save_case(tmp_path, gaps, review)
    save_case(tmp_path, gaps, edited(review))
    assert Dataset(tmp_path).cases()[0].lineage.revision == 2
