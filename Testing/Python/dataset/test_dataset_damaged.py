"""Damage is told, file by file, and mended by saving the case again."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataset_fakes import tree
from orthoai.dataset import Dataset, save_case
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"cut")], ids=["lost", "damaged"])
@pytest.mark.parametrize("name", ["image.nii.gz", "labels.nii.gz", "review.json", "case.json"])
@pytest.mark.parametrize("same", [True, False], ids=["same review", "next review"])
def test_a_case_with_a_lost_or_damaged_file_is_repaired_by_saving_it_again(
    rods: Callable, edited: Callable, tmp_path: Path, damage: Callable[[Path], Any], name: str, same: bool
) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    damage(folder / name)
    left = tree(folder)
    assert Dataset(tmp_path).verify()
    save_case(tmp_path, volume, review if same else edited(review))
    assert Dataset(tmp_path).verify() == []
    assert Dataset(tmp_path).cases()[0].lineage.revision == (1 if same and name == "case.json" else 2)
    assert tree(tmp_path / "revisions" / folder.name / "damaged-1") == left


def test_a_repair_that_fails_leaves_what_was_left_where_it_was(
    rods: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    (folder / "labels.nii.gz").unlink()
    left = tree(folder)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match="is full"):
        save_case(tmp_path, volume, review)
    assert tree(folder) == left


def test_a_case_of_a_newer_version_is_not_taken_for_a_damaged_one(rods: Callable, tmp_path: Path) -> None:
    volume, review = rods()
    folder = save_case(tmp_path, volume, review)
    (folder / "case.json").write_text('{"schema_version": 99, "task": "femur", "orthoai_version": "9.0"}')
    before = tree(tmp_path)
    with pytest.raises(InputError, match="install a newer OrthoAI"):
        save_case(tmp_path, volume, review)
    assert tree(tmp_path) == before


def test_verify_tells_every_kind_of_damage(rods: Callable, tmp_path: Path) -> None:
    whole, changed, short, strange = (save_case(tmp_path, *rods(seed)) for seed in range(4))
    with (changed / "labels.nii.gz").open("ab") as stream:
        stream.write(b"x")
    (short / "image.nii.gz").unlink()
    (strange / "case.json").write_text('{"schema_version": 99}')
    (tmp_path / "cases" / ".0123.partial-femur-1").mkdir()
    problems = Dataset(tmp_path).verify()
    assert len(problems) == 4
    for words in (
        (changed.name, "labels.nii.gz", "has changed"),
        (short.name, "image.nii.gz", "has lost"),
        (strange.name, "schema version 99"),
        (".0123.partial-femur-1", "cut short"),
    ):
        assert sum(all(word in problem for word in words) for problem in problems) == 1
    assert not any(whole.name in problem for problem in problems)


def test_verify_can_be_canceled_and_an_absent_data_set_is_empty(rods: Callable, tmp_path: Path) -> None:
    assert Dataset(tmp_path / "none").cases() == Dataset(tmp_path / "none").verify() == []
    save_case(tmp_path, *rods())
    with pytest.raises(Canceled):
        Dataset(tmp_path).verify(Progress(is_canceled=lambda: True))


def test_a_damaged_case_json_is_told_when_cases_are_listed(rods: Callable, tmp_path: Path) -> None:
    folder = save_case(tmp_path, *rods())
    content = json.loads((folder / "case.json").read_text())
    wrong = [(key, value) for key in content if key != "schema_version" for value in ([], 1.5, True)]
    wrong += [
        ("task", None),
        ("reviewer", "\ud800"),
        ("verdict", "good"),
        ("labels", {"one": "femur"}),
        ("files", {"image.nii.gz": 1}),
    ]
    texts = [json.dumps({**content, key: value}) for key, value in wrong]
    for text, sentence in (("{", "damaged"), ("[" * 100_000, "damaged"), *((text, "incomplete") for text in texts)):
        (folder / "case.json").write_text(text)
        with pytest.raises(InputError, match=f"Case {folder.name}: .*{sentence}"):
            Dataset(tmp_path).tasks()
        assert [folder.name in problem for problem in Dataset(tmp_path).verify()] == [True]


def test_an_unreadable_review_is_told_with_its_case(rods: Callable, tmp_path: Path) -> None:
    folder = save_case(tmp_path, *rods())
    (case,) = Dataset(tmp_path).cases()
    (folder / "review.json").write_text("{")
    with pytest.raises(InputError, match=f"Case {folder.name}: .*damaged"):
        case.review()
    (folder / "review.json").unlink()
    with pytest.raises(InputError, match=f"Case {folder.name}: review.json is not readable"):
        case.review()
