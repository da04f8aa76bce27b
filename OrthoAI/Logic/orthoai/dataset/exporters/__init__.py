"""The formats that a data set can be exported to. Another package adds one with an entry point.

[project.entry-points."orthoai.exporters"]
my-format = "my_package.my_module:EXPORTER"        # an Exporter called "my-format"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orthoai.dataset.formats import named, with_others
from orthoai.dataset.store import Dataset
from orthoai.progress import Progress

GROUP = "orthoai.exporters"
"""Entry points of this group name an Exporter."""

Export = Callable[[Dataset, Path, Progress], Path]


@dataclass(frozen=True)
class Exporter:
    """One format.

    Attributes:
        name: what a person types, such as "yolo-detect".
        title: what a check box says, such as "YOLO detection".
        summary: one sentence for help texts.
        export: (data set, output, progress) to the folder made, which is ``output``/``name``, so that several formats
            share one output. It appears whole or not at all; an earlier export there is replaced. Raises InputError
            when there is nothing to export or the disk refuses, Canceled when stopped.
    """

    name: str
    title: str
    summary: str
    export: Export


def all_exporters() -> list[Exporter]:
    """OrthoAI's own, then those of other packages by name; one that cannot be loaded is left out."""
    from orthoai.dataset.exporters.datalist import MONAI
    from orthoai.dataset.exporters.yolo import YOLO_DETECT, YOLO_SEGMENT

    return with_others((MONAI, YOLO_DETECT, YOLO_SEGMENT), GROUP, Exporter)


def get_exporter(name: str) -> Exporter:
    """The exporter called ``name``. Raises InputError that lists the names when there is none."""
    return named(all_exporters(), name, "export format")
