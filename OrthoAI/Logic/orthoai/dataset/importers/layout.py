"""The common layout of imported pictures, which ``orthoai train ovf --pictures DIR`` reads.

DIR/
  classes.txt      one class name on each line; its number is the line's, from 0
  NAME.png         8-bit gray
  NAME.txt         beside each picture: one line per object, class and corners x, y ... in fractions of the size
  train|val|test   the same for pictures that came split into these
  import.json      format, counts; marks the folder as one that a new import may replace
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from orthoai import __version__
from orthoai.dataset.exporters.yolo import outline_numbers, text_lines
from orthoai.dataset.importers import Importer
from orthoai.dataset.importers.classes import ClassTable
from orthoai.errors import InputError
from orthoai.marker import Marker
from orthoai.output import staged_folder
from orthoai.progress import Progress

CLASSES_FILE = "classes.txt"
IMPORT_FILE = "import.json"
IMPORT = Marker(IMPORT_FILE, ("format", "orthoai_version"))

IMPORT_SCHEMA_VERSION = 1
"""Raised when a key of import.json changes its meaning or goes away."""


@dataclass(frozen=True)
class Imported:
    """What an import made.

    Attributes:
        folder: in the common layout.
        pictures: how many.
        objects: how many of each class, by name.
    """

    folder: Path
    pictures: int
    objects: dict[str, int]


def import_pictures(
    importer: Importer, source: Path, output: Path, classes: ClassTable, progress: Progress
) -> Imported:
    """Read ``source`` and write the folder ``output``, which appears whole or not at all.

    Raises:
        InputError: bad labels or pictures, no pictures, two of one name, one called "classes", or the disk refuses.
        Canceled: asked for by ``progress``; nothing is left behind.
    """
    # Imported here: Pillow, only to write.
    from PIL import Image

    counts: Counter[int] = Counter()
    names: set[str] = set()
    with staged_folder(output, IMPORT, source) as folder:
        for picture in importer.read(Path(source), classes, progress):
            # Windows and macOS take A.png for a.png.
            if f"{picture.name}.txt".casefold() == CLASSES_FILE:
                raise InputError(f"The labels of {picture.name}.png would be called as the class table; rename it.")
            if picture.name.casefold() in names:
                raise InputError(f"Two pictures would be called {picture.name}.png; rename one of them.")
            names.add(picture.name.casefold())
            counts.update(shape.value for shape in picture.shapes)
            file = folder / f"{picture.name}.png"
            file.parent.mkdir(exist_ok=True)
            Image.fromarray(picture.pixels).save(file)
            text = text_lines(picture, range(len(classes.names)), outline_numbers)
            (folder / f"{picture.name}.txt").write_text(text, "utf-8")
        if not names:
            raise InputError(f"There is no picture in {Path(source).name}; give the folder that holds the pictures.")
        objects = {name: counts[number] for number, name in enumerate(classes.names)}
        (folder / CLASSES_FILE).write_text("".join(f"{name}\n" for name in classes.names), "utf-8")
        content = {
            "schema_version": IMPORT_SCHEMA_VERSION,
            "format": importer.name,
            "orthoai_version": __version__,
            "pictures": len(names),
            "objects": objects,
            "files": sorted(entry.name for entry in folder.iterdir()),
        }
        (folder / IMPORT_FILE).write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    progress.report(importer.name, 1.0)
    return Imported(Path(output).resolve(), len(names), objects)
