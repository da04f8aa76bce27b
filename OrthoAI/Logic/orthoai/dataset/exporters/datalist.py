"""A datalist as MONAI's Decathlon loaders read it: TASK/datalist.json, which points at the data set's own files."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orthoai.dataset.exporters import Exporter
from orthoai.dataset.exporters.folder import export_folder, is_validation, label_table
from orthoai.dataset.layout import IMAGE_FILE, LABELS_FILE
from orthoai.dataset.store import Dataset, DatasetCase
from orthoai.output import resolved
from orthoai.progress import Progress

DATALIST_FILE = "datalist.json"

NAME = "monai"


def export_monai(dataset: Dataset, output: Path, progress: Progress) -> Path:
    """Write ``output``/monai/TASK/datalist.json; paths are relative to it where the disk allows."""
    target = resolved(output) / NAME
    with export_folder(dataset, output, NAME) as (folder, tasks):
        for number, (task, cases) in enumerate(tasks.items()):
            progress.report(NAME, number / len(tasks), task)
            (folder / task).mkdir()
            content = datalist(task, cases, target / task)
            (folder / task / DATALIST_FILE).write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        progress.report(NAME, 1.0)
    return target


def datalist(task: str, cases: Sequence[DatasetCase], folder: Path) -> dict[str, Any]:
    """The content of a datalist that will lie in ``folder``."""
    validates = is_validation(cases)
    sides = {
        side: [_entry(case, folder) for case in cases if validates[case.name] == held_out]
        for side, held_out in (("training", False), ("validation", True))
    }
    return {
        "name": task,
        "description": f"Reviewed cases of the OrthoAI task {task}.",
        "tensorImageSize": "3D",
        "modality": {"0": cases[0].lineage.modality or "unknown"},
        "labels": {"0": "background", **{str(value): label for value, label in label_table(cases).items()}},
        "numTraining": len(sides["training"]),
        "numTest": 0,
        **sides,
        "test": [],
    }


def _entry(case: DatasetCase, folder: Path) -> dict[str, str]:
    return {
        "image": _path(case.path / IMAGE_FILE, folder),
        "label": _path(case.path / LABELS_FILE, folder),
        "case": case.name,
        "group": case.lineage.group,
    }


def _path(file: Path, folder: Path) -> str:
    """``file`` as seen from ``folder``, with slashes; whole on another drive, where Windows knows no way back."""
    try:
        return Path(os.path.relpath(file.resolve(), folder)).as_posix()
    except ValueError:
        return file.resolve().as_posix()


MONAI = Exporter(NAME, "MONAI datalist", "Lists images and masks for MONAI, split by subject.", export_monai)
