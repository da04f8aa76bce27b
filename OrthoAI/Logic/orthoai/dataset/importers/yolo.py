"""YOLO: one text file for each picture, with boxes (detection) or outlines (segmentation) in fractions of its size.

Class names are in data.yaml or classes.txt, else those of the table count; data.yaml may also say which pictures train,
validate and test. The text files lie beside the pictures, or in "labels" where the pictures lie in "images".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from orthoai.dataset.exporters.pictures import Picture, Shape
from orthoai.dataset.exporters.yolo import DATA_FILE
from orthoai.dataset.importers import Importer
from orthoai.dataset.importers.classes import ClassTable
from orthoai.dataset.importers.data_file import DataFile
from orthoai.dataset.importers.decode import gray_file
from orthoai.dataset.importers.layout import CLASSES_FILE
from orthoai.dataset.importers.shapes import box_ring, shape_of
from orthoai.dataset.importers.source import TEXT_ENCODING, source_folder
from orthoai.dataset.importers.split import UNLISTED, Split
from orthoai.errors import InputError
from orthoai.progress import Progress

NAME = "yolo"

DARKNET_NAMES = "obj.names"
"""Where Darknet's YOLO, and with it CVAT's "YOLO 1.1", names its classes."""

README = "readme"
"""How text files begin that tools for labeling leave beside their labels, and that are none."""

BEYOND = 0.01
"""Fraction by which an outline may reach over the border before its numbers are taken for pixels."""


def read_yolo(source: Path, classes: ClassTable, progress: Progress) -> Iterator[Picture]:
    """Every picture; one without a text file, or with an empty one, is a picture in which nothing is.

    Raises:
        InputError: no labels, a text file without its picture, or one with a bad line or a foreign class, a path in
            data.yaml that leads nowhere.
        Canceled: asked for by ``progress``.
    """
    folder = source_folder(source)
    data = DataFile.of(folder.path)
    names = class_names(data) or classes.names
    split = Split.of(data)
    texts = {file: text_file(file, folder.path) for file in folder.pictures}
    wanted = set(texts.values())
    found = {file for file in folder.files(".txt") if file in wanted or not file.name.lower().startswith(README)}
    labels = found - {folder.path / CLASSES_FILE, *split.lists}
    lost = sorted(labels - wanted)
    if lost:
        raise InputError(f"{lost[0].name} has no picture (PNG or JPEG) of its name; add it or remove the text file.")
    if not labels:
        raise InputError(f"There is no YOLO text file below {folder.path.name}; give the folder that holds the labels.")
    sides = split.sides(folder.pictures)
    unlisted = sum(side == UNLISTED for side in sides.values())
    notes = [f"left out, not in {DATA_FILE}: {unlisted} of {len(sides)}"] if unlisted else []
    if split.notes or notes:
        progress.report(NAME, 0.0, "; ".join((*notes, *split.notes)))
    for number, (file, text) in enumerate(texts.items()):
        if sides[file] == UNLISTED:
            continue
        progress.report(NAME, number / len(texts), f"picture {number + 1} of {len(texts)}")
        pixels = gray_file(file)
        shapes = _shapes(text, names, classes, pixels.shape) if text in labels else ()
        yield Picture(folder.name(file, sides[file]), pixels, shapes)


def text_file(picture: Path, root: Path) -> Path:
    """Where the labels of ``picture`` are: the last folder "images" below ``root`` stands for "labels"."""
    parts = list(picture.relative_to(root).with_suffix(".txt").parts)
    for at in reversed(range(len(parts) - 1)):
        if parts[at] == "images":
            parts[at] = "labels"
            break
    return root.joinpath(*parts)


def _shapes(file: Path, names: tuple[str, ...], classes: ClassTable, size: tuple[int, ...]) -> tuple[Shape, ...]:
    shapes = []
    try:
        lines = file.read_text(TEXT_ENCODING).splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{file.name} is not readable; save it again.") from error
    for line_number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"Line {line_number} of {file.name}"
        kind, numbers = _numbers(line, len(names), where)
        value = classes.number(names[kind], where)
        if value is not None:
            scale = (size[1], size[0])
            if numbers.size == 4:
                (x, y), half = numbers[:2] * scale, numbers[2:] * scale / 2
                ring = box_ring(x - half[0], y - half[1], x + half[0], y + half[1])
            else:
                ring = numbers.reshape(-1, 2) * scale
            shapes.append(shape_of(value, [ring], size, where))
    return tuple(shapes)


def _numbers(line: str, kinds: int, where: str) -> tuple[int, np.ndarray]:
    """Class and fractions of a line."""
    try:
        first, *rest = line.split()
        kind, numbers = float(first), np.array([float(word) for word in rest])
    except ValueError as error:
        raise InputError(f"{where} is not numbers only; give YOLO labels.") from error
    if numbers.size != 4 and (numbers.size < 6 or numbers.size % 2):
        raise InputError(f"{where} has {numbers.size + 1} numbers; a box has 5, an outline 7 or more, an odd count.")
    # Some tools write a class as 1.0.
    if kind not in range(kinds):
        raise InputError(f"{where} is of class {kind:g}, and {kinds} are named; name them in {DATA_FILE} or --classes.")
    if not (np.isfinite(numbers).all() and numbers.min() >= -BEYOND and numbers.max() <= 1 + BEYOND):
        raise InputError(f"{where} has numbers beyond 0 to 1; give fractions of the picture's size.")
    return int(kind), numbers


def class_names(data: DataFile) -> tuple[str, ...]:
    """Class names by number of data.yaml, else of the classes.txt beside it; none where both are missing.

    Raises InputError when one is not readable, or when they are named elsewhere.
    """
    listed = data.source / CLASSES_FILE
    named = data.class_names()
    if named is not None:
        return named
    if not listed.is_file():
        if (data.folder / DARKNET_NAMES).is_file():
            raise InputError(
                f"{DARKNET_NAMES} names the classes, as in Darknet's YOLO: export the labels as Ultralytics YOLO "
                f"segmentation, or rename that file to {CLASSES_FILE} and take the lists of pictures (train.txt) out."
            )
        return ()
    try:
        return tuple(line.strip() for line in listed.read_text(TEXT_ENCODING).splitlines() if line.strip())
    except (OSError, ValueError) as error:
        raise InputError(f"{listed.name} is not readable; write one class name on each line.") from error


YOLO = Importer(NAME, "YOLO", "Text files with boxes or outlines, with data.yaml or classes.txt.", read_yolo)
