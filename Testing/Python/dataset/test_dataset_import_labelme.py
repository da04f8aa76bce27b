"""LabelMe's own ways to say where something is, and one sentence for each file that is no good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_fakes import filled, overlap
from import_fakes import AWAY, ONE, SIZE, SQUARE, base64_png, coco, labelme, outline, painted, pixels, read, save
from orthoai.dataset.importers.classes import VERTEBRAL_FRACTURES
from orthoai.errors import InputError


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
