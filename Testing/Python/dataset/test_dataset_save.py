"""Approved cases appear whole, newer revisions replace older ones, and nothing says whose images they are."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from orthoai.dataset import Dataset, save_case, store
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.io import write as io_write
from orthoai.progress import Progress
from orthoai.review import Verdict, utc_now
from orthoai.volume import Source


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
