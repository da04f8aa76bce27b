"""COCO's own ways to say where something is, and one sentence for each file that is no good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from import_fakes import AWAY, ONE, SIZE, SQUARE, coco, labelme, outline, painted, pixels, read, save
from orthoai.dataset.importers import get_importer
from orthoai.dataset.importers.classes import ClassTable
from orthoai.errors import InputError
from orthoai.progress import Progress


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
