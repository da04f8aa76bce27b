"""Cases and splits: nothing of one subject on both sides, and every wrong folder told in one sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.write import write_labels, write_volume
from orthoai.volume import Volume
from orthoai_training.dataset import CaseFolder, Split, find_cases, split_cases
from orthoai_training.disc.data.sources import Sources
from orthoai_training.fracture.cases import find_spine_cases
from orthoai_training.ovf.cases import training_folders
from reviewed_meta import mark_reviewed


def make_case(folder: Path, meta: dict | None = None) -> CaseFolder:
    folder.mkdir(parents=True)
    for name in ("image.nii.gz", "labels.nii.gz"):
        (folder / name).touch()
    if meta is not None:
        (folder / "case.json").write_text(json.dumps(meta))
    return CaseFolder(folder)


def test_cases_come_by_name_and_other_folders_are_passed_over(tmp_path: Path) -> None:
    for name in ("b", "a"):
        make_case(tmp_path / name)
    (tmp_path / "notes").mkdir()
    assert [case.name for case in find_cases(tmp_path)] == ["a", "b"]


def test_a_save_that_is_under_way_or_was_killed_is_no_case(tmp_path: Path) -> None:
    make_case(tmp_path / "a")
    make_case(tmp_path / ".0f3a.partial-ovf-b")
    (tmp_path / ".0f3b.partial-ovf-b").mkdir()
    (tmp_path / ".0f3b.partial-ovf-b" / "image.nii.gz").touch()
    assert [case.name for case in find_cases(tmp_path)] == ["a"]


def test_cases_of_another_task_are_passed_over(tmp_path: Path) -> None:
    for name, task in (("a", "femur"), ("b", "ovf")):
        make_case(tmp_path / name, {"task": task})
    make_case(tmp_path / "c")
    assert [case.name for case in find_cases(tmp_path)] == ["a", "c"]


def test_wrong_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder"):
        find_cases(tmp_path / "nothing")
    with pytest.raises(InputError, match="No case in"):
        find_cases(tmp_path)
    make_case(tmp_path / "a").path.joinpath("labels.nii.gz").unlink()
    with pytest.raises(InputError, match=r"Case a has image.nii.gz but no labels.nii.gz"):
        find_cases(tmp_path)


def test_unreadable_meta_is_told(tmp_path: Path) -> None:
    case = make_case(tmp_path / "a")
    assert case.meta == {}
    for text in ("{", "[1]", "[" * 100_000):
        (case.path / "case.json").write_text(text)
        with pytest.raises(InputError, match=r"case.json of case a"):
            _ = case.meta


def test_image_and_labels_are_read_and_other_labels_dropped(tmp_path: Path) -> None:
    geometry = Geometry((4, 5, 6), (1.0, 2.0, 3.0), (7.0, 8.0, 9.0))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[1], labels[2], labels[3] = 1, 2, 7
    (tmp_path / "a").mkdir()
    write_volume(Volume(labels.astype(np.int16) * 100, geometry), tmp_path / "a" / "image.nii.gz")
    write_labels(labels, geometry, tmp_path / "a" / "labels.nii.gz")
    image, marks = CaseFolder(tmp_path / "a").load()
    assert image.voxels[3, 0, 0] == 700
    assert sorted(np.unique(marks.voxels)) == [0, 1, 2]
    assert image.geometry.matches(geometry)
    write_labels(labels, Geometry((4, 5, 6), (1.0, 2.0, 3.1)), tmp_path / "a" / "labels.nii.gz")
    with pytest.raises(InputError, match="different grids"):
        CaseFolder(tmp_path / "a").load()


def test_a_subject_or_shape_is_never_on_both_sides(tmp_path: Path) -> None:
    cases = [make_case(tmp_path / f"c{n:02}", {"shape": f"s{n % 7}"}) for n in range(28)]
    for seed in range(5):
        split = split_cases(cases, seed, validation_share=0.2, test_share=0.2)
        groups = {
            subset: {case.group for case in cases if case.name in getattr(split, subset)}
            for subset in ("train", "validation", "test")
        }
        assert sorted(split.train + split.validation + split.test) == [case.name for case in cases]
        assert all(groups.values())
        assert not groups["train"] & groups["validation"]
        assert not (groups["train"] | groups["validation"]) & groups["test"]


@pytest.mark.parametrize(
    ("meta", "group"),
    [
        ({}, "a"),
        ({"subject": "s1", "shape": "x"}, "s1"),
        ({"shapes": ["lib/femur_r", "lib/pelvis", "lib/femur_l"]}, "lib/femur_l+lib/femur_r"),
        ({"shapes": []}, "a"),
    ],
)
def test_the_group_is_the_subject_or_the_real_femora(meta: dict, group: str, tmp_path: Path) -> None:
    assert make_case(tmp_path / "a", meta).group == group


def test_shares_and_seed_decide_the_split(tmp_path: Path) -> None:
    cases = [make_case(tmp_path / f"c{n:02}") for n in range(100)]
    split = split_cases(cases, 1, validation_share=0.08, test_share=0.07)
    assert (len(split.train), len(split.validation), len(split.test)) == (85, 8, 7)
    assert split == split_cases(cases, 1, 0.08, 0.07)
    assert split.validation != split_cases(cases, 2, 0.08, 0.07).validation


@pytest.mark.parametrize("count", [1, 2])
def test_a_few_cases_always_leave_one_to_train_on(count: int, tmp_path: Path) -> None:
    split = split_cases([make_case(tmp_path / f"c{n}") for n in range(count)], 0, 0.1)
    assert (len(split.train), len(split.validation)) == (1, count - 1)


@pytest.mark.parametrize(("sizes", "held_out"), [((10, 4, 6), 4), ((2, 18), 2), ((1, 9, 10), 1)])
def test_no_more_is_held_out_than_must_be(sizes: tuple[int, ...], held_out: int, tmp_path: Path) -> None:
    groups = [group for group, size in enumerate(sizes) for _ in range(size)]
    cases = [make_case(tmp_path / f"c{n:02}", {"subject": f"s{group}"}) for n, group in enumerate(groups)]
    splits = [split_cases(cases, seed, 0.1) for seed in range(6)]
    assert {len(split.validation) for split in splits} == {held_out}
    assert {len(split.train) for split in splits} == {sum(sizes) - held_out}


def test_a_split_survives_its_file(tmp_path: Path) -> None:
    split = Split(3, ("a", "b"), ("c",), ())
    split.save(tmp_path / "split.json")
    assert Split.load(tmp_path / "split.json") == split
    assert split.subset_of("c") == "validation"
    with pytest.raises(InputError, match="Case x is not in"):
        split.subset_of("x")
    for text in ("{}", "[" * 100_000):
        (tmp_path / "split.json").write_text(text)
        with pytest.raises(InputError, match="not readable"):
            Split.load(tmp_path / "split.json")


@pytest.mark.parametrize("find", [find_cases, find_spine_cases, training_folders, lambda data: Sources.of([data])])
def test_a_data_sets_folder_is_told_from_that_of_its_cases(tmp_path: Path, find: Callable[[Path], object]) -> None:
    """It was said to hold no case, or cases that do not serve, whatever they were."""
    case = tmp_path / "data" / "cases" / "ovf-3f0c9a1be2d47756"
    case.mkdir(parents=True)
    (case / "image.nii.gz").touch()
    mark_reviewed(case, 1, task="ovf", files=("vertebrae.nii.gz",))
    with pytest.raises(InputError, match=re.escape(f"lie in its folder cases: give {case.parent}.")):
        find(tmp_path / "data")
