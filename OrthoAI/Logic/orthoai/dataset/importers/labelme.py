"""LabelMe: one JSON file for each picture, with polygons, rectangles, turned or not, circles and masks in pixels.

https://github.com/wkentaro/labelme; the picture is embedded (imageData) or a file (imagePath) below the same folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orthoai.dataset.exporters.outline import Ring
from orthoai.dataset.exporters.pictures import Picture, Shape
from orthoai.dataset.importers import Importer
from orthoai.dataset.importers.classes import ClassTable
from orthoai.dataset.importers.decode import gray_base64, gray_file
from orthoai.dataset.importers.shapes import box_ring, check_size, mask_rings, read_json, ring_of, shape_of
from orthoai.dataset.importers.source import SourceFolder, label_files, source_folder
from orthoai.errors import InputError
from orthoai.progress import Progress

NAME = "labelme"

CIRCLE_CORNERS = 64
"""Of the polygon that stands for a circle: within 0.13 % of its radius."""


def read_labelme(source: Path, classes: ClassTable, progress: Progress) -> Iterator[Picture]:
    """Every picture that has a JSON file; one without objects is a picture in which nothing is.

    Raises:
        InputError: no JSON file, or one that is damaged, has a foreign class or lacks its picture.
        Canceled: asked for by ``progress``.
    """
    folder = source_folder(source)
    files = label_files(source, folder, ".json", "LabelMe JSON file")
    for number, file in enumerate(files):
        progress.report(NAME, number / len(files), f"picture {number + 1} of {len(files)}")
        content = read_json(file)
        if not isinstance(content.get("shapes"), list):
            raise InputError(f"{file.name} is no LabelMe file (it has no shapes); give LabelMe JSON files only.")
        pixels = _pixels(content, folder, file)
        check_size(pixels, content.get("imageWidth"), content.get("imageHeight"), file.name)
        yield Picture(folder.name(file), pixels, _shapes(content["shapes"], classes, pixels.shape, file.name))


def _pixels(content: dict[str, Any], folder: SourceFolder, file: Path) -> NDArray[np.uint8]:
    embedded = content.get("imageData")
    if isinstance(embedded, str) and embedded:
        return gray_base64(embedded, file.name)
    # LabelMe shows a file turned as its EXIF orientation says; what it embeds is turned already.
    return gray_file(folder.picture(str(content.get("imagePath") or ""), file), turns=True)


def _shapes(entries: list[Any], classes: ClassTable, size: tuple[int, ...], where: str) -> tuple[Shape, ...]:
    """The objects: each entry is one, and all entries of one class with one group_id are one together."""
    objects: dict[tuple[int, int | str], list[Ring]] = {}
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("label"), str):
            raise InputError(f"{where} has a shape without a label; open it in LabelMe and name every shape.")
        number, group = classes.number(entry["label"], where), entry.get("group_id")
        if number is not None:
            key = (number, place if group is None else str(group))
            objects.setdefault(key, []).extend(_rings(entry, size, where))
    return tuple(shape_of(number, rings, size, where) for (number, _), rings in objects.items())


def _rings(shape: dict[str, Any], size: tuple[int, ...], where: str) -> list[Ring]:
    kind = shape.get("shape_type") or "polygon"
    points = ring_of(shape.get("points"), where)
    if kind in ("polygon", "oriented_rectangle"):
        return [points]
    if kind == "rectangle" and len(points) >= 2:
        return [box_ring(*points.min(axis=0), *points.max(axis=0))]
    if kind == "circle" and len(points) == 2:
        angles = np.arange(CIRCLE_CORNERS) * (2 * np.pi / CIRCLE_CORNERS)
        return [points[0] + np.hypot(*(points[1] - points[0])) * np.stack([np.cos(angles), np.sin(angles)], axis=1)]
    if kind == "mask" and isinstance(shape.get("mask"), str):
        return mask_rings(_placed(gray_base64(shape["mask"], where) > 0, points[0], size, where))
    raise InputError(
        f'{where} has an object drawn as "{str(kind)[:20]}", of which no area is known; draw a polygon, rectangle, '
        "circle or mask."
    )


def _placed(
    mask: NDArray[np.bool_], corner: NDArray[np.float64], size: tuple[int, ...], where: str
) -> NDArray[np.bool_]:
    """A mask of the whole picture from the cutout ``mask`` whose first pixel is ``corner`` (x, y)."""
    x, y = (round(float(value)) for value in corner)
    if not (0 <= x <= size[1] - mask.shape[1] and 0 <= y <= size[0] - mask.shape[0]):
        raise InputError(f"{where} has a mask that reaches beyond its picture; draw it again.")
    whole = np.zeros(size, bool)
    whole[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    return whole


LABELME = Importer(NAME, "LabelMe", "JSON files with polygons, rectangles, circles and masks.", read_labelme)
