"""The formats that a data set can be exported to. Another package adds one with an entry point.

[project.entry-points."orthoai.exporters"]
my-format = "my_package.my_module:EXPORTER"        # an Exporter called "my-format"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from orthoai.dataset.store import Dataset
from orthoai.errors import InputError
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

    found = {exporter.name: exporter for exporter in (MONAI, YOLO_DETECT, YOLO_SEGMENT)}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            exporter = entry.load()
        except Exception:  # Another package's fault must not take our own formats away.
            continue
        if isinstance(exporter, Exporter):
            found.setdefault(exporter.name, exporter)
    return list(found.values())


def get_exporter(name: str) -> Exporter:
    """The exporter called ``name``. Raises InputError that lists the names when there is none."""
    exporters = all_exporters()
    for exporter in exporters:
        if exporter.name == name:
            return exporter
    names = ", ".join(exporter.name for exporter in exporters)
    raise InputError(f'There is no export format "{name}": choose one of {names}.')
