"""Each format's own ways to say where something is, and one sentence for each file that is no good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_fakes import filled, overlap
from import_fakes import SIZE, base64_png, coco, labelme, painted, pixels, png, read, save
from orthoai.dataset.importers import get_importer
from orthoai.dataset.importers.classes import ALIASES, VERTEBRAL_FRACTURES, ClassTable
from orthoai.dataset.importers.decode import gray_bytes
from orthoai.errors import InputError
from orthoai.progress import Progress
from PIL import ExifTags, Image

SQUARE = np.array([(10, 10), (30, 10), (30, 25), (10, 25)], float)

AWAY = SQUARE + np.array((30, 20))

ONE = [("wedge", SQUARE)]


def outline(picture: Any) -> np.ndarray:
    (shape,) = picture.shapes
    return shape.outline


# Classes


@pytest.mark.parametrize(
    ("label", "name"),
    [("ys", "crush"), ("XX", "wedge"), ("sa ", "biconcave"), ("Wedge fracture", "wedge"), ("bi-concave", "biconcave"),
     ("no fracture", "normal"), ("Normal", "normal"), ("Crush_Fracture", "crush")],
)  # fmt: skip
def test_other_names_of_a_class_are_known(label: str, name: str) -> None:
    assert ClassTable().number(label, "a.json") == VERTEBRAL_FRACTURES.index(name)


def test_every_alias_is_of_a_class_and_no_class_is_an_alias() -> None:
    assert set(ALIASES.values()) <= set(VERTEBRAL_FRACTURES)
    assert not set(ALIASES) & set(VERTEBRAL_FRACTURES)


def test_classes_of_ones_own_take_only_the_aliases_that_they_have() -> None:
    table = ClassTable(("sacrum", "wedge"), skips_others=True)
    assert [table.number(label, "a.json") for label in ("Sacrum", "xx", "ys", "sa")] == [0, 1, None, None]


def test_a_foreign_class_is_refused_with_the_known_ones_and_two_of_one_name_too() -> None:
    with pytest.raises(InputError, match=r'a.json has an object of class "rib", .* crush, wedge, biconcave, normal'):
        ClassTable().number("rib", "a.json")
    with pytest.raises(InputError, match="same name"):
        ClassTable(("wedge", "Wedge "))
    with pytest.raises(InputError, match="printable"):
        ClassTable(("wedge", "a\nb"))


# LabelMe


def test_an_embedded_picture_goes_before_a_file(tmp_path: Path) -> None:
    save(tmp_path, "b.json", labelme(ONE, imageData=base64_png(pixels(5))), pixels(0))
    (picture,) = read("labelme", tmp_path)
    assert picture.name == "b"
    assert np.array_equal(picture.pixels, pixels(5))


@pytest.mark.parametrize("path", ["a.png", "..\\pictures\\a.png", "C:\\Users\\x\\a.png", "/home/x/pictures/a.png"])
def test_a_picture_is_found_however_its_path_is_written(tmp_path: Path, path: str) -> None:
    save(tmp_path / "labels", "a.json", labelme(ONE, imagePath=path))
    save(tmp_path / "pictures", "readme.md", "", pixels())
    assert np.array_equal(outline(read("labelme", tmp_path)[0]), SQUARE)


def test_of_two_pictures_of_one_name_the_one_whose_folder_fits_counts(tmp_path: Path) -> None:
    for n, folder in enumerate(("one", "two")):
        save(tmp_path / folder, "note.md", "", pixels(n))
    save(tmp_path, "a.json", labelme(ONE, imagePath="two/a.png"))
    assert np.array_equal(read("labelme", tmp_path)[0].pixels, pixels(1))
    save(tmp_path, "a.json", labelme(ONE, imagePath="a.png"))
    (tmp_path / "a.png").unlink(missing_ok=True)
    with pytest.raises(InputError, match=r"picture of a\.json is there more than once"):
        read("labelme", tmp_path)


@pytest.mark.parametrize("path", ["a.png", "case1/a.png", "C:\\data\\case1\\a.png"])
def test_the_picture_of_another_label_or_folder_is_not_taken(tmp_path: Path, path: str) -> None:
    save(tmp_path / "case1", "a.json", labelme(ONE, imagePath=path))
    save(tmp_path / "case2", "a.json" if path == "a.png" else "note.md", labelme(ONE), pixels())
    doubt = "beside a label of its own" if path == "a.png" else "in another folder than the label names"
    words = rf"^case1/a\.json names the picture .*a\.png, which is not there, and case2/a\.png lies {doubt}"
    with pytest.raises(InputError, match=words):
        read("labelme", tmp_path)


def test_a_picture_beside_its_label_is_taken_whatever_folder_is_named(tmp_path: Path) -> None:
    save(tmp_path, "a.json", labelme(ONE, imagePath="../old/a.png"), pixels())
    assert np.array_equal(read("labelme", tmp_path)[0].pixels, pixels())


def test_two_labels_with_one_picture_are_refused(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        save(tmp_path / "labelme", name, labelme(ONE), pixels())
    twice = [{"id": number, "file_name": "a.png"} for number in (7, 8)]
    save(tmp_path / "coco", "b.json", coco(ONE, images=twice), pixels())
    save(tmp_path / "two" / "coco", "a.json", coco(ONE), pixels())
    save(tmp_path / "two" / "coco", "b.json", coco(ONE, images=[{"id": 7, "file_name": "a.png"}]))
    merge = "merge the two label files, or "
    for kind, first, advice in (("labelme", "a", merge), ("coco", "b", ""), ("two/coco", "a", merge)):
        words = rf"b\.json names the picture a\.png, .* {first}\.json has already; {advice}give each label its own"
        with pytest.raises(InputError, match=words):
            read(kind.removeprefix("two/"), tmp_path / kind)


def test_nothing_outside_the_source_is_read(tmp_path: Path) -> None:
    save(tmp_path / "outside", "note.md", "", pixels())
    save(tmp_path / "source", "a.json", labelme(ONE, imagePath="../outside/a.png"))
    with pytest.raises(InputError, match=r"picture of a\.json is not below source"):
        read("labelme", tmp_path / "source")


def test_rectangles_circles_and_masks_become_outlines(tmp_path: Path) -> None:
    disc = np.hypot(*(np.mgrid[:21, :21] - 10)) <= 10
    shapes = [
        {"label": "wedge", "shape_type": "rectangle", "points": [[30, 25], [10, 10]]},
        {"label": "crush", "shape_type": "circle", "points": [[40, 30], [40, 20]]},
        {"label": "sa", "shape_type": "mask", "points": [[5, 6], [25, 26]], "mask": base64_png(disc * np.uint8(255))},
    ]
    save(tmp_path, "a.json", labelme([], shapes=shapes), pixels())
    (picture,) = read("labelme", tmp_path)
    box, circle, mask = (shape.outline for shape in picture.shapes)
    assert np.array_equal(box, SQUARE)
    assert np.allclose(np.hypot(*(circle - (40, 30)).T), 10)
    whole = np.zeros(SIZE, bool)
    whole[6:27, 5:26] = disc
    assert overlap(filled(mask, SIZE), whole) > 0.99


def test_a_rectangle_that_labelme_lets_turn_is_its_four_corners(tmp_path: Path) -> None:
    corners = [[20, 10], [35, 25], [25, 35], [10, 20]]
    shapes = [{"label": "wedge", "shape_type": "oriented_rectangle", "points": corners}]
    save(tmp_path, "a.json", labelme([], shapes=shapes), pixels())
    assert np.array_equal(read("labelme", tmp_path)[0].shapes[0].outline, corners)


def test_outlines_of_one_class_and_one_group_are_one_object(tmp_path: Path) -> None:
    objects = [("wedge", SQUARE), ("crush", SQUARE), ("xx", AWAY), ("wedge", SQUARE), ("wedge", AWAY)]
    content = labelme(objects)
    for shape, group in zip(content["shapes"], (1, 1, 1, None, None), strict=True):
        shape["group_id"] = group
    save(tmp_path, "a.json", content, pixels())
    (picture,) = read("labelme", tmp_path)
    assert [VERTEBRAL_FRACTURES[shape.value] for shape in picture.shapes] == ["wedge", "crush", "wedge", "wedge"]
    assert np.array_equal(painted(picture.shapes[0].outline), painted(SQUARE) | painted(AWAY))


@pytest.mark.parametrize("shift", [(-35, 0), (35, 0), (0, -25), (0, 20), (40, 30), (-30, -20)])
def test_an_outline_that_reaches_over_the_border_is_cut_there(tmp_path: Path, shift: tuple[int, int]) -> None:
    # A concave one, so that parts of it may come apart.
    outline = np.array([(10, 5), (70, 30), (10, 55), (40, 30)], float) + shift
    whole = filled(outline + 100, (260, 280))[100 : 100 + SIZE[0], 100 : 100 + SIZE[1]]
    save(tmp_path, "a.json", labelme([("wedge", outline)]), pixels())
    (shape,) = read("labelme", tmp_path)[0].shapes
    assert shape.outline.min() >= 0 and (shape.outline.max(axis=0) <= SIZE[::-1]).all()
    assert np.array_equal(painted(shape.outline), whole)


def test_of_several_parts_those_outside_are_left_out(tmp_path: Path) -> None:
    content = coco(ONE)
    content["annotations"][0]["segmentation"] = [(SQUARE + 200).ravel().tolist(), SQUARE.ravel().tolist()]
    save(tmp_path, "a.json", content, pixels())
    assert np.array_equal(outline(read("coco", tmp_path)[0]), SQUARE)


def test_a_file_without_shapes_is_a_picture_in_which_nothing_is(tmp_path: Path) -> None:
    save(tmp_path, "a.json", labelme([]), pixels())
    assert read("labelme", tmp_path)[0].shapes == ()


BAD_LABELME: dict[str, tuple[dict[str, Any] | str, str]] = {
    "damaged": ("{", "a.json is no readable JSON"),
    "a list": ("[]", "a.json holds no JSON object"),
    "another format": ({"images": []}, "a.json is no LabelMe file"),
    "no label": (labelme([], shapes=[{"points": [[1, 2]]}]), "shape without a label"),
    "a line": (labelme([], shapes=[{"label": "xx", "points": [[1, 2], [3, 4]], "shape_type": "line"}]), 'as "line"'),
    "two corners": (labelme([("xx", SQUARE[:2])]), "fewer than three corners"),
    "words": (labelme([], shapes=[{"label": "xx", "points": [["a", "b"]]}]), "no list of x and y"),
    "not a number": (labelme([("xx", SQUARE * np.nan)]), "no list of x and y"),
    "outside": (labelme([("xx", SQUARE + 100)]), "without an area in the picture"),
    "another size": (labelme(ONE, imageWidth=81), r"81 x 60 pixels, and its picture has 80 x 60"),
    "no base64": (labelme(ONE, imageData="!!"), "embedded in a.json is no base64"),
    "no picture": (labelme(ONE, imageData="AAAA"), "embedded in a.json is no PNG or JPEG"),
    "foreign mask": (
        labelme([], shapes=[{"label": "xx", "shape_type": "mask", "points": [[70, 50]],
                             "mask": base64_png(np.full((20, 20), 255, np.uint8))}]),
        "mask that reaches beyond its picture",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD_LABELME))
def test_a_bad_labelme_file_is_named_in_one_sentence(tmp_path: Path, case: str) -> None:
    content, words = BAD_LABELME[case]
    save(tmp_path, "a.json", content, pixels())
    with pytest.raises(InputError, match=words) as caught:
        read("labelme", tmp_path)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


# Pictures


def test_only_png_and_jpeg_are_decoded_and_only_in_gray_of_8_bits() -> None:
    gray = pixels()
    assert np.array_equal(gray_bytes(png(gray), "a.png"), gray)
    assert np.array_equal(gray_bytes(png(np.stack([gray] * 3, axis=2)), "a.png"), gray)
    assert gray_bytes(png(gray, "JPEG"), "a.jpg").shape == gray.shape
    assert set(np.unique(gray_bytes(png(gray > 99), "a.png"))) == {0, 255}
    color = np.stack([gray, gray, gray // 2], axis=2)
    for content, words in (
        (png(gray, "TIFF"), "no PNG or JPEG"),
        (png(gray, "GIF"), "no PNG or JPEG"),
        (png(gray)[:200], "damaged"),
        (b"", "no PNG or JPEG"),
        (png(color), "color picture"),
        (png(gray.astype(np.uint16) * 200), "16 bits"),
    ):
        with pytest.raises(InputError, match=words):
            gray_bytes(content, "a.png")


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_picture_stored_turned_counts_as_labelme_shows_it_and_is_refused_elsewhere(
    tmp_path: Path, orientation: int
) -> None:
    square, exif = filled(SQUARE, SIZE) * np.uint8(255), Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = np.rot90(square, 2 if orientation == 3 else 1)
    save(tmp_path, "a.json", labelme(ONE))
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(read("labelme", tmp_path)[0].pixels, square)
    save(tmp_path, "a.json", coco(ONE))
    save(tmp_path, "a.txt", "1 0.25 0.5 0.25 0.5\n")
    for kind in ("coco", "yolo"):
        with pytest.raises(InputError, match=r"a\.png is stored turned"):
            read(kind, tmp_path)


# COCO


def test_boxes_and_several_parts_become_outlines(tmp_path: Path) -> None:
    content = coco([("wedge", SQUARE), ("crush", SQUARE)])
    content["annotations"][0] |= {"segmentation": [], "bbox": [10, 10, 20, 15]}
    content["annotations"][1]["segmentation"] = [SQUARE.ravel().tolist(), AWAY.ravel().tolist()]
    save(tmp_path, "instances.json", content, pixels())
    (picture,) = read("coco", tmp_path / "instances.json")
    box, parts = (shape.outline for shape in picture.shapes)
    assert np.array_equal(box, SQUARE)
    assert np.array_equal(painted(parts), painted(SQUARE) | painted(AWAY))


def test_crowds_are_left_out_and_told(tmp_path: Path) -> None:
    content = coco([("wedge", SQUARE), ("crush", AWAY)])
    content["annotations"][1]["iscrowd"] = 1
    save(tmp_path, "a.json", content, pixels())
    told: list[str] = []
    progress = Progress(lambda stage, fraction, message: told.append(message))
    (picture,) = get_importer("coco").read(tmp_path, ClassTable(), progress)
    assert np.array_equal(outline(picture), SQUARE)
    assert "left out 1 of 2 annotations" in told[0]


def changed(**annotation: Any) -> dict[str, Any]:
    content = coco(ONE)
    content["annotations"][0] |= annotation
    return content


def test_a_picture_of_another_folder_than_the_one_named_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "p2", "note.md", "", pixels())
    save(tmp_path, "a.json", coco(ONE, images=[{"id": 7, "file_name": "p1/a.png"}]))
    with pytest.raises(
        InputError, match=r"names the picture p1/a\.png, .* p2/a\.png lies in another folder than the label names"
    ):
        read("coco", tmp_path)
    save(tmp_path, "a.json", coco(ONE, images=[{"id": 7, "file_name": "images/a.png"}]))
    assert len(read("coco", tmp_path)) == 1


BAD_COCO: dict[str, tuple[dict[str, Any], str]] = {
    "LabelMe": (labelme([]), "no COCO instances file"),
    "no picture": (changed(image_id=9), "annotation without a picture"),
    "no category": (changed(category_id=9), "category that it does not list"),
    "a list for an id": (changed(category_id=[1]), "whose category_id is missing or no number"),
    "no image id": (changed(image_id=None), "annotations whose image_id is missing or no number"),
    "no id": (coco([], images=[{"file_name": "a.png"}]), "images whose id is missing or no number"),
    "two images": (
        coco(ONE, images=[{"id": 7, "file_name": "a.png"}, {"id": 7, "file_name": "b.png"}]),
        "several images with the id 7",
    ),
    "two categories": (
        coco(ONE, categories=[{"id": 2, "name": "crush"}, {"id": 2, "name": "wedge"}]),
        "several categories with the id 2",
    ),
    "a word for a crowd": (changed(iscrowd="1"), "iscrowd is neither 0 nor 1"),
    "no crowd": (changed(iscrowd=-1), "iscrowd is neither 0 nor 1"),
    "not a number for a crowd": (changed(iscrowd=np.nan), "iscrowd is neither 0 nor 1"),
    "wrapped around": (
        changed(segmentation={"size": SIZE, "counts": [2**62] * 4 + [4800]}),
        "do not fill their picture",
    ),
    "fractions": (changed(segmentation={"size": SIZE, "counts": [2400.5, 2399.5]}), "do not fill their picture"),
    "compressed": (changed(segmentation={"size": SIZE, "counts": "PQ3"}), "do not fill their picture"),
    "no end": (changed(segmentation={"size": SIZE, "counts": "P\\Z4P"}), "do not fill their picture"),
    "no run lengths": (changed(segmentation={"size": SIZE, "counts": "!"}), "do not fill their picture"),
    "endless": (changed(segmentation={"size": SIZE, "counts": "P" * 99}), "do not fill their picture"),
    "too short": (changed(segmentation={"size": SIZE, "counts": [10, 20]}), "do not fill their picture"),
    "negative": (changed(segmentation={"size": SIZE, "counts": [-1, 4801]}), "do not fill their picture"),
    "turned": (changed(segmentation={"size": SIZE[::-1], "counts": [0, 4800]}), "do not fill their picture"),
    "words": (changed(segmentation={"size": SIZE, "counts": ["a"]}), "do not fill their picture"),
    "nothing": (changed(segmentation=[], bbox=[1, 2]), "without an outline and without a box"),
    "odd": (changed(segmentation=[[1, 2, 3]]), "no list of x and y"),
    "another file": (coco([], images=[{"id": 7, "file_name": "b.png"}]), "picture of a.json is not below"),
    "another size": (coco([], images=[{"id": 7, "file_name": "a.png", "width": 8}]), "its picture has 80 x 60"),
}


@pytest.mark.parametrize("case", list(BAD_COCO))
def test_a_bad_coco_file_is_named_in_one_sentence(tmp_path: Path, case: str) -> None:
    content, words = BAD_COCO[case]
    save(tmp_path, "a.json", content, pixels())
    with pytest.raises(InputError, match=words):
        read("coco", tmp_path)


# YOLO


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
