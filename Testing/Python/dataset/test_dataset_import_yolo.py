"""YOLO's own ways to say where something is, and one sentence for each file that is no good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from import_fakes import SQUARE, labelme, pixels, png, read, save
from orthoai.dataset.importers.classes import ClassTable
from orthoai.errors import InputError


@pytest.mark.parametrize("text", ['names: ["xx", "ys"]\n', "names:\n  0: xx\n  1: ys\n", "names:\n- xx\n- ys\n"])
def test_names_of_a_data_file_go_before_classes(tmp_path: Path, text: str) -> None:
    save(tmp_path, "a.txt", "0 0.25 0.5 0.1 0.2\n\n1 0.25 0.5 0.1 0.2\n", pixels())
    (tmp_path / "classes.txt").write_text("normal\ncrush\n")
    assert [shape.value for shape in read("yolo", tmp_path)[0].shapes] == [3, 0]
    (tmp_path / "data.yaml").write_text(text)
    assert [shape.value for shape in read("yolo", tmp_path)[0].shapes] == [1, 0]


@pytest.mark.parametrize(
    ("name", "text"), [("data.yaml", "names:\r\n- xx\r\n- ys\r\n"), ("classes.txt", "xx\r\nys\r\n")]
)
def test_files_as_editors_of_windows_save_them_are_read(tmp_path: Path, name: str, text: str) -> None:
    """They begin with a mark; such labels were called no numbers, and such JSON files not readable."""
    mark = b"\xef\xbb\xbf"
    (tmp_path / "yolo").mkdir()
    (tmp_path / "yolo" / name).write_bytes(mark + text.encode())
    (tmp_path / "yolo" / "a.txt").write_bytes(mark + b"1 0.25 0.5 0.25 0.5\r\n")
    (tmp_path / "yolo" / "a.png").write_bytes(png(pixels()))
    assert [shape.value for shape in read("yolo", tmp_path / "yolo")[0].shapes] == [0]
    save(tmp_path / "labelme", "a.json", labelme([("sa", SQUARE)]), pixels())
    file = tmp_path / "labelme" / "a.json"
    file.write_bytes(mark + file.read_bytes())
    assert [shape.value for shape in read("labelme", tmp_path / "labelme")[0].shapes] == [2]


def test_classes_that_are_named_as_darknet_does_are_not_taken_by_their_numbers(tmp_path: Path) -> None:
    """Who took the list of pictures out, as the error asked, got the classes in another order in silence."""
    save(tmp_path, "a.txt", "0 0.25 0.5 0.1 0.2\n", pixels())
    (tmp_path / "obj.names").write_text("wedge\ncrush\n")
    with pytest.raises(InputError, match=r"rename that file to classes\.txt"):
        read("yolo", tmp_path)
    (tmp_path / "obj.names").rename(tmp_path / "classes.txt")
    assert read("yolo", tmp_path)[0].shapes[0].value == 1


def test_a_class_may_be_written_as_a_float(tmp_path: Path) -> None:
    save(tmp_path, "a.txt", "2.0 0.25 0.5 0.1 0.2\n", pixels())
    assert read("yolo", tmp_path)[0].shapes[0].value == 2
    (tmp_path / "a.txt").write_text("1.5 0.25 0.5 0.1 0.2\n")
    with pytest.raises(InputError, match=r"is of class 1\.5, and 4 are named"):
        read("yolo", tmp_path)


def test_without_names_the_numbers_are_those_of_the_given_classes(tmp_path: Path) -> None:
    save(tmp_path, "a.txt", "1 0.25 0.5 0.25 0.5\n", pixels())
    assert read("yolo", tmp_path, ClassTable(("rib", "sacrum")))[0].shapes[0].value == 1
    assert read("yolo", tmp_path)[0].shapes[0].box == (10, 15, 30, 45)


def test_a_picture_without_a_text_file_shows_nothing(tmp_path: Path) -> None:
    save(tmp_path / "images" / "train", "note.md", "", pixels())
    save(tmp_path / "labels" / "train", "a.txt", "0 0.25 0.5 0.25 0.5\n")
    (tmp_path / "images" / "train" / "b.PNG").write_bytes(png(pixels(1)))
    assert [(picture.name, len(picture.shapes)) for picture in read("yolo", tmp_path)] == [
        ("train/a", 1), ("train/b", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("wedge 0.5 0.5 0.1 0.1", "Line 1 of a.txt is not numbers only"),
        ("0 0.5 0.5 0.1 0.1 0.9", "has 6 numbers"),
        ("0", "has 1 numbers"),
        ("7 0.5 0.5 0.1 0.1", "is of class 7, and 4 are named"),
        ("0 20 30 5 5", "numbers beyond 0 to 1"),
        ("0 nan 0.5 0.1 0.1", "numbers beyond 0 to 1"),
        ("0 0.5 0.5 0 0.1", "without an area"),
    ],
)
def test_a_bad_line_is_named_with_its_file(tmp_path: Path, line: str, words: str) -> None:
    save(tmp_path, "a.txt", line, pixels())
    with pytest.raises(InputError, match=words):
        read("yolo", tmp_path)


def test_a_tools_readme_is_no_label_and_a_picture_of_that_name_has_one(tmp_path: Path) -> None:
    save(tmp_path / "set", "a.txt", "0 0.5 0.5 0.4 0.4", pixels())
    (tmp_path / "set" / "README.roboflow.txt").write_text("Exported on a Monday.")
    (found,) = read("yolo", tmp_path / "set")
    assert len(found.shapes) == 1
    save(tmp_path / "named", "readme_1.txt", "0 0.5 0.5 0.4 0.4", pixels())
    (tmp_path / "named" / "a.png").rename(tmp_path / "named" / "readme_1.png")
    (found,) = read("yolo", tmp_path / "named")
    assert len(found.shapes) == 1
    save(tmp_path / "alone", "note.md", "", pixels())
    (tmp_path / "alone" / "README.dataset.txt").write_text("Vertebrae.")
    with pytest.raises(InputError, match="no YOLO text file below alone"):
        read("yolo", tmp_path / "alone")


def test_labels_without_pictures_and_folders_without_labels_are_told(tmp_path: Path) -> None:
    save(tmp_path / "no_labels", "note.md", "", pixels())
    save(tmp_path / "no_picture", "b.txt", "")
    save(tmp_path / "bad_names", "a.txt", "", pixels())
    save(tmp_path / "deep_names", "a.txt", "", pixels())
    (tmp_path / "deep_names" / "data.yaml").write_text("[" * 10_000)
    (tmp_path / "bad_names" / "data.yaml").write_text(json.dumps({"names": {"1": "wedge"}}))
    for folder, words in (
        ("no_labels", "no YOLO text file below no_labels"),
        ("no_picture", r"b\.txt has no picture"),
        ("bad_names", "does not name its classes by number"),
        ("deep_names", r"data\.yaml is not readable; save it again"),
        ("none", "There is no"),
    ):
        with pytest.raises(InputError, match=words):
            read("yolo", tmp_path / folder)
    for kind in ("labelme", "coco"):
        with pytest.raises(InputError, match="JSON file below no_labels"):
            read(kind, tmp_path / "no_labels")
