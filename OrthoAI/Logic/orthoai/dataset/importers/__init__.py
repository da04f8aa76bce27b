"""The formats of labeled pictures that can become training data. Another package adds one with an entry point.

[project.entry-points."orthoai.importers"]
my-format = "my_package.my_module:IMPORTER"        # an Importer called "my-format"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from orthoai.dataset.exporters.pictures import Picture
from orthoai.dataset.formats import named, with_others
from orthoai.dataset.importers.classes import ClassTable
from orthoai.progress import Progress

GROUP = "orthoai.importers"
"""Entry points of this group name an Importer."""

Read = Callable[[Path, ClassTable, Progress], Iterator[Picture]]


@dataclass(frozen=True)
class Importer:
    """One format.

    Attributes:
        name: what a person types, such as "labelme".
        title: what a menu says, such as "LabelMe".
        summary: one sentence for help texts.
        read: (folder or file, classes, progress) to the pictures one after the other; a Shape's value is the number of
            its class in the table. Raises InputError, which names the file and says what to do, Canceled when stopped.
    """

    name: str
    title: str
    summary: str
    read: Read


def all_importers() -> list[Importer]:
    """OrthoAI's own, then those of other packages by name; one that cannot be loaded is left out."""
    from orthoai.dataset.importers.coco import COCO
    from orthoai.dataset.importers.labelme import LABELME
    from orthoai.dataset.importers.yolo import YOLO

    return with_others((LABELME, COCO, YOLO), GROUP, Importer)


def get_importer(name: str) -> Importer:
    """The importer called ``name``. Raises InputError that lists the names when there is none."""
    return named(all_importers(), name, "import format")
