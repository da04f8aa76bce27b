"""COCO instances: one JSON file for many pictures, with polygons, run lengths or boxes in pixels.

https://cocodataset.org/#format-data; the pictures lie anywhere below the same folder. Crowds (iscrowd), which are many
objects in one outline, are left out.
"""

from __future__ import annotations

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
        images, annotations, categories = (
            _entries(content, key, file.name) for key in ("images", "annotations", "categories")
        )
        names = {entry.get("id"): str(entry.get("name")) for entry in categories}
        of_image: dict[Any, list[dict[str, Any]]] = {entry.get("id"): [] for entry in images}
        single = [annotation for annotation in annotations if not annotation.get("iscrowd")]
        for annotation in single:
            if annotation.get("image_id") not in of_image:
                raise InputError(f"{file.name} has an annotation without a picture; export it again.")
            of_image[annotation["image_id"]].append(annotation)
        if len(single) < len(annotations):
            crowds = len(annotations) - len(single)
            progress.report(NAME, 0.0, f"left out {crowds} of {len(annotations)} annotations: crowds (iscrowd)")
        for number, image in enumerate(images):
            progress.report(NAME, number / len(images), f"picture {number + 1} of {len(images)}")
            yield _picture(image, of_image[image.get("id")], names, classes, folder, file)


def _entries(content: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    entries = content.get(key)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{where} is no COCO instances file (it has no {key}); give one, and no other JSON files.")
    if any(isinstance(entry.get(name), dict | list) for entry in entries for name in ("id", "image_id", "category_id")):
        raise InputError(f"{where} has {key} whose id is no number; export it again.")
    return entries


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
        category = annotation.get("category_id")
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
