"""A save that is killed, or meets a power cut, costs no case."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import orthoai.durable as durable
import pytest
from orthoai.dataset import Dataset, save_case
from orthoai.errors import InputError
from orthoai.output import beside


def hide(folder: Path) -> Path:
    """As a save leaves it that is killed between taking the older revision away and putting the newer there."""
    hidden = beside(folder)
    folder.rename(hidden)
    return hidden


@pytest.fixture
def both_hidden(rods: Callable, edited: Callable, tmp_path: Path) -> Path:
    """A data set with a case of which revision 1 and 2 are both whole, and hidden. Its folder's usual place."""
    volume, review = rods()
    hidden = hide(save_case(tmp_path / "data", volume, review))
    folder = save_case(tmp_path / "other", volume, edited(review))
    older, newer = hidden, hidden.with_name(beside(folder).name)
    folder.rename(newer)
    older.rename(older.with_name(f".0{older.name[1:]}"))  # Neither time nor name tells which is newer.
    return hidden.with_name(folder.name)


def test_a_case_that_is_only_hidden_is_not_called_a_leftover(both_hidden: Path) -> None:
    problems = Dataset(both_hidden.parents[1]).verify()
    assert sum(f"Case {both_hidden.name} is hidden" in problem for problem in problems) == 1
    assert sum("can be removed" in problem for problem in problems) == 1


def test_repair_puts_the_newest_whole_revision_back(both_hidden: Path) -> None:
    dataset = Dataset(both_hidden.parents[1])
    assert dataset.put_back() == [both_hidden.name]
    (case,) = dataset.cases()
    assert (case.path, case.lineage.revision, case.problems()) == (both_hidden, 2, [])
    assert len(dataset.verify()) == 1  # the older one


def test_the_next_save_goes_on_from_a_hidden_case(rods: Callable, edited: Callable, tmp_path: Path) -> None:
    volume, review = rods()
    other = save_case(tmp_path, *rods(1))
    hide(other)
    hide(save_case(tmp_path, volume, review))
    save_case(tmp_path, volume, edited(review))
    (case,) = Dataset(tmp_path).cases()
    assert (case.lineage.revision, case.lineage.parent_revision) == (2, 1)
    assert list(Dataset(tmp_path).hidden_cases()) == [other.name]


def test_what_is_not_whole_is_not_put_back(rods: Callable, tmp_path: Path) -> None:
    hidden = hide(save_case(tmp_path, *rods()))
    (hidden / "labels.nii.gz").write_bytes(b"half")
    assert Dataset(tmp_path).put_back() == []
    assert "can be removed" in Dataset(tmp_path).verify()[0]


def test_a_case_that_cannot_be_put_back_is_told(
    rods: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = hide(save_case(tmp_path, *rods()))

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "read-only share")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="No permission to write"):
        Dataset(tmp_path).put_back()
    assert hidden.is_dir()


def test_every_file_is_on_the_disk_before_the_older_revision_goes(
    rods: Callable, edited: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    on_disk: list[str] = []
    fsync, rename, steps = os.fsync, Path.rename, []

    def told(handle: int) -> None:
        fsync(handle)
        on_disk.append(Path(f"/proc/self/fd/{handle}").resolve().name)

    def renamed(path: Path, target: Path) -> Path:
        if folder in (path, target):
            steps.append(set(on_disk))
            on_disk.clear()
        return rename(path, target)

    monkeypatch.setattr(durable.os, "fsync", told)
    monkeypatch.setattr(Path, "rename", renamed)
    save_case(tmp_path, volume, edited(review))
    assert steps[0] >= {"image.nii.gz", "labels.nii.gz", "review.json", "case.json"}
    assert "cases" in on_disk
