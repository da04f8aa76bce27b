"""A newer revision replaces the older one, which is kept."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from dataset_fakes import tree
from orthoai.dataset import Dataset, save_case
from orthoai.errors import InputError
from orthoai.review import Verdict, utc_now


def test_a_newer_revision_replaces_the_older_one_which_is_kept(
    rods: Callable, edited: Callable, tmp_path: Path
) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    first = tree(folder)
    assert save_case(tmp_path, volume, edited(review)) == folder
    (case,) = Dataset(tmp_path).cases()
    lineage = case.lineage
    assert (lineage.revision, lineage.parent_revision, lineage.verdict) == (2, 1, Verdict.CORRECTED)
    assert case.labels().voxels[0, 0, 0] == 1
    del first["image.nii.gz"]
    assert tree(tmp_path / "revisions" / folder.name / "0001") == first
    assert [path.name for path in (tmp_path / "cases").iterdir()] == [folder.name]
    assert Dataset(tmp_path).verify() == []


def test_a_review_that_starts_again_at_one_gets_the_next_number(
    rods: Callable, edited: Callable, tmp_path: Path
) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, review)
    again = replace(edited(review), revision=1)
    folder = save_case(tmp_path, volume, again)
    (case,) = Dataset(tmp_path).cases()
    assert (case.lineage.revision, case.review().revision) == (2, 2)
    before = tree(tmp_path)
    assert save_case(tmp_path, volume, again) == folder
    assert tree(tmp_path) == before


def test_a_review_that_is_further_on_keeps_its_number(rods: Callable, edited: Callable, tmp_path: Path) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, review)
    save_case(tmp_path, volume, replace(edited(review), revision=5))
    (case,) = Dataset(tmp_path).cases()
    assert (case.lineage.revision, case.lineage.parent_revision) == (5, 1)


def test_saving_a_review_twice_changes_nothing_but_other_voxels_do(
    rods: Callable, edited: Callable, tmp_path: Path
) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, review)
    before = tree(tmp_path)
    save_case(tmp_path, volume, review)
    assert tree(tmp_path) == before
    save_case(tmp_path, volume, replace(edited(review), verdict=review.verdict, revision=1, created=review.created))
    assert Dataset(tmp_path).cases()[0].lineage.revision == 2


def test_an_older_review_does_not_replace_a_newer_one(rods: Callable, edited: Callable, tmp_path: Path) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, edited(review))
    before = tree(tmp_path)
    with pytest.raises(InputError, match=r"newer review of this case \(revision 2\)"):
        save_case(tmp_path, volume, review)
    assert tree(tmp_path) == before


def test_a_review_by_a_clock_that_was_ahead_does_not_keep_all_later_ones_out(
    rods: Callable, edited: Callable, tmp_path: Path
) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, replace(review, created="2999-01-01T00:00:00Z"))
    save_case(tmp_path, volume, edited(review, created=utc_now()))
    assert Dataset(tmp_path).cases()[0].lineage.revision == 2


@pytest.mark.parametrize("failing", ["write_text", "copyfile"])
def test_a_failed_save_leaves_the_data_set_as_it_was(
    rods: Callable, edited: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, review)
    before = tree(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    owner = Path if failing == "write_text" else shutil
    with monkeypatch.context() as patch:
        patch.setattr(owner, failing, full)
        with pytest.raises(InputError, match="is full"):
            save_case(tmp_path, volume, edited(review))
    assert tree(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".orthoai.lock", "cases"]
    save_case(tmp_path, volume, edited(review))
    assert Dataset(tmp_path).verify() == []


def test_a_case_that_was_taken_out_by_hand_and_comes_again_replaces_none_of_its_older_revisions(
    rods: Callable, edited: Callable, tmp_path: Path
) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, review)
    folder = save_case(tmp_path, volume, edited(review))
    kept = tree(tmp_path / "revisions")
    shutil.rmtree(folder)
    for value in (2, 1):
        save_case(tmp_path, volume, replace(edited(review, value), revision=1))
    assert Dataset(tmp_path).cases()[0].lineage.revision == 3
    assert tree(tmp_path / "revisions").items() >= kept.items()
