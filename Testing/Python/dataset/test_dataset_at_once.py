"""Several people may save the same case in the same moment: nobody's review is lost."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from at_once import run_script
from orthoai.dataset import Dataset, DatasetCase, save, save_case, store, turn
from orthoai.dataset.layout import LOCK_FILE, META_FILE
from orthoai.dataset.withdraw import withdraw_case
from orthoai.errors import InputError
from orthoai.file_lock import FileLock
from orthoai.io import write as io_write
from orthoai.output import beside

REVIEWERS = 4

SAVE = f"""
import sys
from dataclasses import replace
from pathlib import Path
from at_once import at_once
from orthoai.dataset import Dataset, save_case
from orthoai.errors import InputError
(case,) = Dataset(Path(sys.argv[1])).cases()
volume, review = case.image(), case.review()
def step(number):
    mine = replace(review, reviewer=f"Dr. {{number}}")
    for attempt in range(100):
        try:
            return save_case(Path(sys.argv[2]), volume, mine)
        except InputError as error:
            assert "Somebody else has saved" in str(error), error
    raise AssertionError("told a hundred times that somebody else was quicker")
at_once(step, {REVIEWERS})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the processes are forks")
@pytest.mark.parametrize("first", [True, False], ids=["first revision", "later revision"])
def test_of_many_processes_that_save_a_case_at_once_none_loses_its_review(
    rods: Callable, tmp_path: Path, first: bool
) -> None:
    volume, review = rods()
    save_case(tmp_path / "given", volume, review)
    if not first:
        save_case(tmp_path / "data", volume, review)
    run_script(SAVE, tmp_path / "given", tmp_path / "data")
    lineages = sorted(
        (DatasetCase(path.parent).lineage for path in (tmp_path / "data").rglob(META_FILE)),
        key=lambda lineage: lineage.revision,
    )
    assert {each.reviewer for each in lineages} - {review.reviewer} == {f"Dr. {n}" for n in range(REVIEWERS)}
    assert len(lineages) == REVIEWERS + (not first)
    assert [each.revision for each in lineages] == list(range(1, len(lineages) + 1))
    assert [each.parent_revision for each in lineages] == [None, *range(1, len(lineages))]
    assert Dataset(tmp_path / "data").verify() == []


def test_where_the_disk_offers_no_locks_who_is_overtaken_in_the_last_moment_takes_nothing_away(
    rods: Callable, edited: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_locks: None
) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, review)
    archive = save.archive

    def meanwhile(*arguments: Any) -> None:
        monkeypatch.setattr(save, "archive", archive)
        save_case(tmp_path, volume, edited(review, reviewer="Dr. B"))
        archive(*arguments)

    monkeypatch.setattr(save, "archive", meanwhile)
    with pytest.raises(InputError, match="Somebody else has saved"):
        save_case(tmp_path, volume, edited(review, 2, reviewer="Dr. C"))
    (case,) = Dataset(tmp_path).cases()
    assert (case.lineage.reviewer, case.lineage.revision) == ("Dr. B", 2)
    assert Dataset(tmp_path).verify() == []


def test_of_two_who_repair_a_damaged_case_at_once_one_is_told(
    rods: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    (folder / "labels.nii.gz").unlink()
    rename = Path.rename

    def meanwhile(path: Path, target: Path) -> Path:
        if path == folder:
            monkeypatch.setattr(Path, "rename", rename)
            rename(path, target.with_name("damaged-9"))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", meanwhile)
    with pytest.raises(InputError, match="Somebody else has saved"):
        save_case(tmp_path, volume, review)


def test_who_waits_for_a_program_that_hangs_is_told_and_changes_nothing(
    rods: Callable, edited: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    monkeypatch.setattr(turn, "LONGEST_S", 0.0)
    with FileLock(tmp_path / LOCK_FILE) as hangs:
        assert hangs.acquire(0.0)
        for act in (lambda: save_case(tmp_path, volume, edited(review)), lambda: withdraw_case(tmp_path, folder.name)):
            with pytest.raises(InputError, match="Somebody else has been at this training set"):
                act()
    (case,) = Dataset(tmp_path).cases()
    assert case.lineage.revision == 1 and Dataset(tmp_path).verify() == []
    save_case(tmp_path, volume, edited(review))


def test_a_case_that_somebody_is_just_replacing_is_not_put_back(
    rods: Callable, edited: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    hidden = beside(folder)
    folder.rename(hidden)
    acquire = FileLock.acquire

    def until_it_is_there(lock: FileLock, wait_s: float) -> bool:
        hidden.rename(folder)
        return acquire(lock, wait_s)

    monkeypatch.setattr(FileLock, "acquire", until_it_is_there)
    assert Dataset(tmp_path).put_back() == []
    assert [case.path for case in Dataset(tmp_path).cases()] == [folder]


@pytest.mark.parametrize("first", [True, False], ids=["first revision", "later revision"])
def test_of_two_who_save_a_case_at_once_one_is_told_and_nothing_is_lost(
    rods: Callable, edited: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    volume, review = rods()
    mine, theirs = edited(review), replace(review, reviewer="Dr. B", created="2025-11-20T10:05:00Z")
    if not first:
        save_case(tmp_path, volume, review)
    write = io_write.write_labels

    def meanwhile(*arguments: Any) -> None:
        write(*arguments)
        monkeypatch.setattr(io_write, "write_labels", write)
        save_case(tmp_path, volume, theirs)

    monkeypatch.setattr(io_write, "write_labels", meanwhile)
    with pytest.raises(InputError, match="Somebody else has saved"):
        save_case(tmp_path, volume, mine)
    (case,) = Dataset(tmp_path).cases()
    assert (case.lineage.reviewer, case.lineage.revision) == ("Dr. B", 1 if first else 2)
    kept = sorted(path.parent.name for path in (tmp_path / "revisions").rglob("case.json"))
    assert kept == ([] if first else ["0001"])
    assert [path.name for path in (tmp_path / "cases").iterdir()] == [case.name]


def test_a_case_that_somebody_replaces_while_it_is_looked_at_is_not_taken_for_a_damaged_one(
    rods: Callable, edited: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    hashed = store.sha256_of

    def meanwhile(paths: Iterable[Path]) -> str:
        monkeypatch.setattr(store, "sha256_of", hashed)
        save_case(tmp_path, volume, edited(review, reviewer="Dr. B"))
        return hashed(paths)

    monkeypatch.setattr(store, "sha256_of", meanwhile)
    save_case(tmp_path, volume, edited(review, 2))
    (case,) = Dataset(tmp_path).cases()
    assert (case.lineage.revision, case.lineage.parent_revision) == (3, 2)
    assert sorted(path.name for path in (tmp_path / "revisions" / folder.name).iterdir()) == ["0001", "0002"]


@pytest.mark.parametrize("in_place", [True, False], ids=["already there", "taken for left over"])
def test_who_is_overtaken_in_the_last_moment_is_told(
    rods: Callable, edited: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_locks: None, in_place: bool
) -> None:
    volume, review = rods()
    theirs = edited(review, 2, reviewer="Dr. B", created="2025-11-22T10:00:00Z")
    ready, rename = save_case(tmp_path / "other", volume, theirs), Path.rename

    def meanwhile(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        if in_place:
            ready.rename(target)
        else:
            save_case(tmp_path, volume, theirs)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", meanwhile)
    with pytest.raises(InputError, match="Somebody else has saved"):
        save_case(tmp_path, volume, review)
    (case,) = Dataset(tmp_path).cases()
    assert case.lineage.reviewer == "Dr. B" and Dataset(tmp_path).verify() == []
    assert case.lineage.parent_revision == (None if in_place else 1)
