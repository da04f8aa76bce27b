"""COCO instances: one JSON file for many pictures, with polygons, run lengths or boxes in pixels.

https://cocodataset.org/#format-data; the pictures lie anywhere below the same folder. Crowds (iscrowd), which are many
objects in one outline, are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orthoai.dataset.exporters.outline import Ring
from orthoai.dataset.exporters.pictures import Picture, Shape
from orthoai.dataset.importers import Importer
from orthoai.dataset.importers.classes import ClassTable
from orthoai.dataset.importers.decode import gray_file
from orthoai.dataset.importers.run_lengths import mask_of_runs
from orthoai.dataset.importers.shapes import box_ring, check_size, mask_rings, read_json, ring_of, shape_of
from orthoai.dataset.importers.source import SourceFolder, label_files, source_folder
from orthoai.errors import InputError
from orthoai.progress import Progress

NAME = "coco"


def read_coco(source: Path, classes: ClassTable, progress: Progress) -> Iterator[Picture]:
    """Every picture that a JSON file lists; one without annotations is a picture in which nothing is.

    Raises:
        InputError: no JSON file, or one that is damaged, has a foreign class or lacks a picture.
        Canceled: asked for by ``progress``.
    """
    folder = source_folder(source)
    for file in label_files(source, folder, ".json", "COCO JSON file"):
        content = read_json(file)
        images, categories = (_listed(content, key, file.name) for key in ("images", "categories"))
        annotations = _entries(content, "annotations", ("image_id", "category_id"), file.name)
        names = {entry["id"]: str(entry.get("name")) for entry in categories}
        of_image: dict[Any, list[dict[str, Any]]] = {entry["id"]: [] for entry in images}
        single = [annotation for annotation in annotations if not _is_crowd(annotation, file.name)]
        for annotation in single:
            if annotation["image_id"] not in of_image:
                raise InputError(f"{file.name} has an annotation without a picture; export it again.")
            of_image[annotation["image_id"]].append(annotation)
        if len(single) < len(annotations):
            crowds = len(annotations) - len(single)
            progress.report(NAME, 0.0, f"left out {crowds} of {len(annotations)} annotations: crowds (iscrowd)")
        for number, image in enumerate(images):
            progress.report(NAME, number / len(images), f"picture {number + 1} of {len(images)}")
            yield _picture(image, of_image[image["id"]], names, classes, folder, file)


def _entries(content: dict[str, Any], key: str, ids: tuple[str, ...], where: str) -> list[dict[str, Any]]:
    entries = content.get(key)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{where} is no COCO instances file (it has no {key}); give one, and no other JSON files.")
    for name in ids:
        if not all(isinstance(entry.get(name), int | float | str) for entry in entries):
            raise InputError(f"{where} has {key} whose {name} is missing or no number; export it again.")
    return entries


def _listed(content: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    """Entries that annotations name by their id, which is each one's own."""
    entries = _entries(content, key, ("id",), where)
    repeated = [number for number, count in Counter(entry["id"] for entry in entries).items() if count > 1]
    if repeated:
        raise InputError(f"{where} has several {key} with the id {str(repeated[0])[:20]}; export it again.")
    return entries


def _is_crowd(annotation: dict[str, Any], where: str) -> bool:
    told = annotation.get("iscrowd") or 0
    if told not in (0, 1):
        raise InputError(f"{where} has an annotation whose iscrowd is neither 0 nor 1; export it again.")
    return bool(told)


def _picture(
    image: dict[str, Any],
    annotations: list[dict[str, Any]],
    names: dict[Any, str],
    classes: ClassTable,
    folder: SourceFolder,
    label: Path,
) -> Picture:
    file, where = folder.picture(str(image.get("file_name") or ""), label), label.name
    pixels = gray_file(file)
    check_size(pixels, image.get("width"), image.get("height"), where)
    shapes: list[Shape] = []
    for annotation in annotations:
        category = annotation["category_id"]
        if category not in names:
            raise InputError(f"{where} has an annotation of a category that it does not list; export it again.")
        number = classes.number(names[category], where)
        if number is not None:
            shapes.append(shape_of(number, _rings(annotation, pixels.shape, where), pixels.shape, where))
    return Picture(folder.name(file), pixels, tuple(shapes))


def _rings(annotation: dict[str, Any], size: tuple[int, ...], where: str) -> list[Ring]:
    segmentation = annotation.get("segmentation")
    if isinstance(segmentation, dict):
        return mask_rings(mask_of_runs(segmentation, size, where))
    if isinstance(segmentation, list) and segmentation:
        return [ring_of(polygon, where) for polygon in segmentation]
    corners = ring_of(annotation.get("bbox"), where)
    if corners.shape != (2, 2):
        raise InputError(f"{where} has an annotation without an outline and without a box; draw it again.")
    (x, y), (width, height) = corners
    return [box_ring(x, y, x + width, y + height)]


COCO = Importer(NAME, "COCO", "Instances JSON with polygons, run lengths or boxes.", read_coco)
