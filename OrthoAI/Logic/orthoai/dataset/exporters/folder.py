"""What every export has in common: a folder that appears whole, a note of what it was made from, and the split."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from orthoai import __version__
from orthoai.dataset.store import Dataset, DatasetCase
from orthoai.errors import InputError
from orthoai.marker import Marker
from orthoai.output import staged_folder

EXPORT_FILE = "export.json"
"""Says what an export was made from, and marks its folder as one that a new export may replace."""

EXPORT = Marker(EXPORT_FILE, ("format", "orthoai_version"), older=("femur", "ovf", "fracture", "disc"))

EXPORT_SCHEMA_VERSION = 1
"""Raised when a key of export.json changes its meaning or goes away."""

VALIDATION_SHARE = 0.2
"""Part of the subjects that validate."""


@contextmanager
def export_folder(dataset: Dataset, output: Path, name: str) -> Iterator[tuple[Path, dict[str, list[DatasetCase]]]]:
    """The folder to write an export called ``name`` into, and the cases by task.

    Yields:
        A folder that becomes ``output``/``name`` when the block ends well, and the cases of each task by name.

    Raises:
        InputError: the data set holds no case, or the disk refuses.
    """
    cases = dataset.cases()
    if not cases:
        raise InputError(f"There is no approved case in {dataset.path}; approve and export one first.")
    tasks: dict[str, list[DatasetCase]] = {}
    for case in cases:
        tasks.setdefault(case.lineage.task, []).append(case)
    with staged_folder(Path(output) / name, EXPORT) as folder:
        yield folder, tasks
        content = {
            "schema_version": EXPORT_SCHEMA_VERSION,
            "format": name,
            "orthoai_version": __version__,
            "cases": {case.name: case.lineage.revision for case in cases},
            "files": sorted(entry.name for entry in folder.iterdir()),
        }
        (folder / EXPORT_FILE).write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def label_table(cases: Sequence[DatasetCase]) -> dict[int, str]:
    """Name by value, of all cases of one task. Raises InputError where two cases name a value differently."""
    table: dict[int, str] = {}
    for case in cases:
        for value, label in case.lineage.labels.items():
            if table.setdefault(value, label) != label:
                raise InputError(
                    f"Case {case.name} calls the value {value} {label} and others call it {table[value]}; "
                    "export its review again with this OrthoAI."
                )
    return dict(sorted(table.items()))


def is_validation(cases: Sequence[DatasetCase]) -> dict[str, bool]:
    """For each case's name whether it validates. A subject's cases stay together.

    The subject's hash decides, so that a case stays on its side while the data set grows. Only where that leaves a side
    empty, the subject with the smallest hash validates, or the one with the largest trains.
    """
    places = {case.lineage.group: _place(case.lineage.group) for case in cases}
    order = sorted(places, key=lambda group: places[group])
    count = sum(place < VALIDATION_SHARE for place in places.values())
    # One side at least trains; with two subjects one validates.
    count = min(max(count, 1), len(order) - 1)
    chosen = set(order[:count])
    return {case.name: case.lineage.group in chosen for case in cases}


def _place(group: str) -> float:
    """A subject's place in 0..1."""
    return int(hashlib.sha256(f"split:{group}".encode()).hexdigest()[:12], 16) / 16**12
