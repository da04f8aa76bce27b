"""The YOLO folder that is written, and the complaints about one that somebody else wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai_training.femur.detector.dataset import read_yolo_dataset, write_yolo_dataset
from orthoai_training.femur.detector.labeled_case import LabeledCase
from orthoai_training.femur.detector.recipe import COMPACT_DETECTOR, LABELS
from orthoai_training.femur.detector.views import plain_views
from PIL import Image

RECIPE = replace(COMPACT_DETECTOR, image_size=64, views_per_case=2)


@pytest.fixture(scope="module")
def cases(bone_case: Callable) -> list:
    return [bone_case("a"), bone_case("b", spacing=(1.5, 2.0, 3.0)), bone_case("c")]


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in (".png", ".txt")
    }


def test_the_folder_is_a_yolo_data_set_with_an_absolute_path(tmp_path: Path, cases: list) -> None:
    made = write_yolo_dataset(tmp_path / "set", cases[:2], cases[2:], RECIPE, seed=3)
    data = yaml.safe_load((made.folder / "data.yaml").read_text())
    assert Path(data["path"]) == tmp_path / "set" and Path(data["path"]).is_absolute()
    assert data["names"] == dict(enumerate(LABELS)) == {0: "femur_left", 1: "femur_right"}
    assert {path.name.split("_")[0] for path in made.train} == {"a", "b"}
    assert {path.name.split("_")[0] for path in made.validation} == {"c"}
    assert len(made.train) >= 2 * (2 + 2 * 2)
    assert not (tmp_path / "set.part").exists()


def test_pictures_are_gray_and_no_larger_than_the_input(tmp_path: Path, cases: list) -> None:
    made = write_yolo_dataset(tmp_path / "set", cases, [], RECIPE)
    for path in made.train:
        picture = np.asarray(Image.open(path))
        assert picture.dtype == np.uint8 and picture.ndim == 2 and max(picture.shape) <= 64


def test_label_files_hold_the_boxes_as_fractions_of_the_picture(tmp_path: Path, cases: list) -> None:
    made = write_yolo_dataset(tmp_path / "set", cases[:1], [], RECIPE)
    view = plain_views(LabeledCase.of(cases[0].volume, cases[0].labels.voxels))[0]
    height, width = view.image.pixels.shape
    rows = np.loadtxt(made.folder / "labels" / "train" / "a_00_coronal.txt")
    for (kind, x, y, w, h), box in zip(rows, view.boxes, strict=True):
        assert LABELS[int(kind)] == box.label
        found = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
        assert found == pytest.approx((box.x0, box.y0, box.x1, box.y1), abs=1e-4)


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_cases(tmp_path: Path, cases: list) -> None:
    for name, order, seed in (("one", cases[:2], 5), ("two", cases[1::-1], 5), ("three", cases[:2], 6)):
        write_yolo_dataset(tmp_path / name, order, cases[2:], RECIPE, seed=seed)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert content(tmp_path / "one") != content(tmp_path / "three")


def test_a_set_made_from_the_same_things_is_kept_and_an_outdated_one_is_replaced(tmp_path: Path, cases: list) -> None:
    folder = tmp_path / "set"
    write_yolo_dataset(folder, cases[:1], [], RECIPE, seed=1)
    (folder / "mark").touch()
    write_yolo_dataset(folder, cases[:1], [], RECIPE, seed=1)
    assert (folder / "mark").exists()
    write_yolo_dataset(folder, cases[:1], [], RECIPE, seed=2)
    assert not (folder / "mark").exists()


def test_pictures_of_corrected_labels_are_drawn_again(tmp_path: Path, cases: list) -> None:
    file = tmp_path / "labels.nii.gz"
    for content in (b"first", b"corrected"):
        file.write_bytes(content)
        write_yolo_dataset(tmp_path / "set", [replace(cases[0], files=(file,))], [], RECIPE)
        assert not (tmp_path / "set" / "mark").exists()
        (tmp_path / "set" / "mark").touch()


def test_a_cancel_leaves_nothing_behind(tmp_path: Path, cases: list) -> None:
    asked = iter([False, True])
    with pytest.raises(Canceled):
        write_yolo_dataset(tmp_path / "set", cases, [], RECIPE, progress=Progress(is_canceled=lambda: next(asked)))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, cases: list) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        write_yolo_dataset(tmp_path, cases, [], RECIPE)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_no_case_and_two_cases_of_one_name_are_refused(tmp_path: Path, cases: list) -> None:
    with pytest.raises(InputError, match="no case"):
        write_yolo_dataset(tmp_path / "set", [], cases, RECIPE)
    with pytest.raises(InputError, match="same name"):
        write_yolo_dataset(tmp_path / "set", cases, cases[:1], RECIPE)


# A data set of one's own


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The smallest data set that is right."""
    for split in ("train", "val"):
        (tmp_path / "images" / split).mkdir(parents=True)
        (tmp_path / "labels" / split).mkdir(parents=True)
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "images" / split / "x.png")
        (tmp_path / "labels" / split / "x.txt").write_text("1 0.5 0.5 0.25 0.5\n")
    text = "train: images/train\nval: images/val\nnames: [femur_left, femur_right]\n"
    (tmp_path / "data.yaml").write_text(text)
    return tmp_path


def test_an_own_data_set_is_read(own: Path) -> None:
    found = read_yolo_dataset(own)
    assert [path.name for path in (*found.train, *found.validation)] == ["x.png", "x.png"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2 0.5 0.5 0.1 0.1", "a class that there is not"),
        ("0 0.5 0.5 0.1", "a number short"),
        ("0 0.5 0.5 12 0.1", "pixels in place of fractions"),
        ("left 0.5 0.5 0.1 0.1", "a word"),
        ("0 nan 0.5 0.1 0.1", "no number"),
    ],
)
def test_a_bad_label_line_is_named(own: Path, line: str, reason: str) -> None:
    (own / "labels" / "train" / "x.txt").write_text(f"0 0.5 0.5 0.1 0.1\n{line}\n")
    with pytest.raises(InputError, match=r"Line 2 of x\.txt"):
        read_yolo_dataset(own)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names: [femur_right, femur_left]\ntrain: images/train\nval: images/val\n", "femur_left, femur_right"),
        ("train: images/train\nval: images/val\n", "no class names"),
        ("names: [femur_left, femur_right]\ntrain: images/train\n", "no pictures for val"),
        ("names: [femur_left, femur_right]\ntrain: nowhere\nval: images/val\n", "no pictures for train"),
        ("names: [", "no readable data.yaml"),
        ("[" * 10_000, "no readable data.yaml"),
    ],
)
def test_a_bad_data_file_is_said_so(own: Path, text: str, message: str) -> None:
    (own / "data.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_yolo_dataset(own)


def test_a_picture_without_a_label_file_counts_as_empty(own: Path) -> None:
    (own / "labels" / "train" / "x.txt").unlink()
    assert len(read_yolo_dataset(own).train) == 1
