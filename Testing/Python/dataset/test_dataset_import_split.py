"""Which pictures train: those that data.yaml says, and never those that it keeps for validation or test."""

from __future__ import annotations

from pathlib import Path

import pytest
from import_fakes import pixels, save
from orthoai.dataset.importers import get_importer
from orthoai.dataset.importers.classes import ClassTable
from orthoai.dataset.importers.data_file import DataFile
from orthoai.dataset.importers.layout import import_pictures
from orthoai.dataset.importers.split import UNLISTED, Split
from orthoai.errors import InputError
from orthoai.progress import Progress

CORRECT = "correct it, or take it out if there is none"


def _folder(root: Path, data: str, *places: str) -> Path:
    """A folder called own with a picture a.png in each of ``places`` and this data.yaml."""
    for n, place in enumerate(places):
        save(root / "own" / place, "note.md", "", pixels(n))
    save(root / "own", "data.yaml", data)
    return root / "own"


def _sides(folder: Path) -> dict[str, str | None]:
    found = Split.of(DataFile.of(folder)).sides(sorted(folder.rglob("*.png")))
    return {path.relative_to(folder).parent.as_posix(): side for path, side in found.items()}


@pytest.mark.parametrize(
    "data",
    [
        "train: images/one\nval: images/two\ntest: images/three\n",
        "path: ../sets/own\ntrain: ./images/one/\nvalidation: images\\two\ntest: [images/three]\n",
        "path: images\ntrain: one\nval: two\ntest: three\n",
        "train: ../images/one\nval: ../images/two\ntest: ../images/three\n",
        "train: /content/own/images/one\nval: C:\\sets\\own\\images\\two\ntest: own/images/three\n",
        "train: train.txt\nval: lists/val.txt\ntest: images/three\n",
        "train: images\nval: images/two\ntest: images/three\n",
        "train: images/one/a.png\nval: images/two\ntest: images/three/a.png\n",
    ],
    ids=[
        *("plain", "root of another computer", "root", "up", "whole paths of another computer"),
        *("lists", "nested", "pictures"),
    ],
)
def test_a_data_file_says_which_pictures_train_whatever_their_folders_are_called(tmp_path: Path, data: str) -> None:
    folder = _folder(tmp_path, data, "images/one", "images/two", "images/three")
    save(folder, "train.txt", "\ufeff/data/own/images/one/a.png\n\n")
    save(folder / "lists", "val.txt", "../images/two/a.png\n")
    assert _sides(folder) == {"images/one": "train", "images/two": "val", "images/three": "test"}


def test_an_absolute_root_is_found_here_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _folder(tmp_path, f"path: {tmp_path / 'own'}\ntrain: {tmp_path / 'own' / 'a'}\nval: b\n", "a", "b")
    monkeypatch.chdir(tmp_path)
    assert _sides(Path("own")) == _sides(folder) == {"a": "train", "b": "val"}


@pytest.mark.parametrize(
    ("data", "sides"),
    [
        ("names: [wedge]\n", {"one": None, "holdout": None, "valid": "val", "one/test": "test"}),
        ("train: one\n", {"one": "train", "holdout": UNLISTED, "valid": "val", "one/test": "test"}),
        ("val: holdout\ntest:\n", {"one": None, "holdout": "val", "valid": "val", "one/test": "test"}),
        ("train: .\nval: .\n", {"one": "train", "holdout": "train", "valid": "val", "one/test": "test"}),
        (
            "train: one\nval: holdout\ntest: holdout\n",
            {"one": "train", "holdout": "test", "valid": "val", "one/test": "test"},
        ),
    ],
)
def test_what_is_in_no_part_or_in_several_never_trains_by_mistake(
    tmp_path: Path, data: str, sides: dict[str, str | None]
) -> None:
    assert _sides(_folder(tmp_path, data, *sides)) == sides


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("val: holdout2", f"names holdout2 under val, which is not in own: {CORRECT}"),
        ("val: ../elsewhere", rf"names \.\./elsewhere under val, which is not in own: {CORRECT}"),
        ("train: /nowhere/one", f"names /nowhere/one under train, which is not in own: {CORRECT}"),
        ("test: labels", f"names labels under test, which holds no picture: {CORRECT}"),
        ("val: list.txt", f"names gone.png under val, which is not in own: {CORRECT}"),
        ("test: last", f"names last under test, which is not in own: {CORRECT}"),
        ("train: .\ntest: last", f"names last under test, which is not in own: {CORRECT}"),
        ("train: one\ntest: [two, one/last]", f"names one/last under test, which is not in own: {CORRECT}"),
        ("train: one\ntest: last.txt", rf"names last\.txt under test, which is not in own: {CORRECT}"),
        ("train: one\nval: two\ntest: last", f"names two under val, which is not in own: {CORRECT}"),
        ("val: 5", "has no path under val: write there in which folder its pictures lie"),
        ("val: [one, {}]", "has no path under val: write there in which folder its pictures lie"),
        ("val: [", "is not readable; save it again"),
    ],
)
def test_a_path_that_leads_nowhere_is_told_in_one_sentence(tmp_path: Path, data: str, told: str) -> None:
    folder = _folder(tmp_path, f"{data}\n", "one", "../elsewhere")
    save(folder / "labels", "a.md", "")
    save(folder, "list.txt", "gone.png\n")
    with pytest.raises(InputError, match=rf"^data\.yaml {told}\.$"):
        _sides(folder)


@pytest.mark.parametrize(
    ("test", "two"),
    [
        ("images/last", "val"),
        ("../images/last", "val"),
        ("/data/own/images/last", "val"),
        ("[images/last, images/two]", "test"),
    ],
)
def test_a_test_folder_that_is_not_there_is_told_and_done_without(tmp_path: Path, test: str, two: str) -> None:
    data = f"names: [wedge]\ntrain: images/one\nval: images/two\ntest: {test}\n"
    folder = _folder(tmp_path, data, "images/one", "images/two", "images/renamed")
    save(folder / "labels" / "one", "a.txt", "0 0.25 0.5 0.25 0.5\n")
    told: list[str] = []
    progress = Progress(lambda stage, share, message: told.append(message))
    made = import_pictures(get_importer("yolo"), folder, tmp_path / "made", ClassTable(), progress)
    files = [path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*.png")]
    assert sorted(files) == sorted(["train/one_a.png", f"{two}/two_a.png"])
    missing = test.strip("[").split(",")[0]
    assert told[0] == f"left out, not in data.yaml: 1 of 3; {missing}, which data.yaml names under test, is not there"


def test_an_import_keeps_the_split_of_a_data_file(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path, "names: [wedge]\ntrain: train.txt\nval: holdout\ntest: last\n", "one", "holdout", "last", "more"
    )
    save(folder, "train.txt", "one/a.png\n")
    save(folder / "holdout", "a.txt", "0 0.25 0.5 0.25 0.5\n")
    told: list[str] = []
    progress = Progress(lambda stage, share, message: told.append(message))
    first = import_pictures(get_importer("yolo"), folder, tmp_path / "1", ClassTable(), progress)
    second = import_pictures(get_importer("yolo"), first.folder, tmp_path / "2", ClassTable(), Progress())
    for made in (first, second):
        files = sorted(path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*.png"))
        assert files == ["test/last_a.png", "train/one_a.png", "val/holdout_a.png"]
        assert made.objects["wedge"] == 1
    assert "left out, not in data.yaml: 1 of 4" in told
