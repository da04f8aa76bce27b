"""A case is taken out of the data set whole, and comes back as a new revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from orthoai.dataset import Dataset, save_case
from orthoai.dataset.withdraw import withdraw_case
from orthoai.errors import InputError
from orthoai.output import beside
from orthoai_training.dataset import find_cases


def test_what_is_withdrawn_is_kept_whole_and_nobody_trains_on_it(rods: Callable, tmp_path: Path) -> None:
    other = save_case(tmp_path, *rods(1))
    folder = save_case(tmp_path, *rods())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    place = withdraw_case(tmp_path, folder.name)
    assert place == tmp_path / "withdrawn" / folder.name / "0001"
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before
    assert [case.name for case in find_cases(tmp_path / "cases")] == [other.name]
    assert Dataset(tmp_path).verify() == []


def test_a_case_that_is_exported_again_gets_the_number_after_the_withdrawn_one(
    rods: Callable, edited: Callable, tmp_path: Path
) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, review)
    folder = save_case(tmp_path, volume, edited(review))
    withdraw_case(tmp_path, folder.name)
    save_case(tmp_path, volume, replace(edited(review), revision=1))
    lineage = Dataset(tmp_path).cases()[0].lineage
    assert (lineage.revision, lineage.parent_revision) == (3, None)
    assert withdraw_case(tmp_path, folder.name).name == "0002"


def test_what_a_killed_save_left_does_not_bring_a_withdrawn_case_back(rods: Callable, tmp_path: Path) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    folder.rename(beside(folder))
    save_case(tmp_path / "again", volume, review).rename(folder)
    withdraw_case(tmp_path, folder.name)
    assert Dataset(tmp_path).put_back() == []
    assert Dataset(tmp_path).verify() == []


@pytest.mark.parametrize("name", ["femur-0123456789abcdef", "", "..", "../cases", "."])
def test_what_is_no_case_is_told_and_left_alone(rods: Callable, tmp_path: Path, name: str) -> None:
    folder = save_case(tmp_path, *rods())
    with pytest.raises(InputError, match="There is no case"):
        withdraw_case(tmp_path, name)
    assert folder.is_dir() and not (tmp_path / "withdrawn").exists()
