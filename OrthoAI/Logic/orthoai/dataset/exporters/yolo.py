"""Pictures with text labels as YOLO reads them, for detection (boxes) and for segmentation (polygons).

TASK/data.yaml                      class names; finds the rest beside itself
TASK/images/train, images/val       gray PNG
TASK/labels/train, labels/val       one text file per picture, one line per object: class, then fractions of the size:
                                    center x, center y, width, height, or the corners x, y of the outline
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orthoai.dataset.exporters import Exporter
from orthoai.dataset.exporters.folder import export_folder, is_validation, label_table
from orthoai.dataset.exporters.look import look_of
from orthoai.dataset.exporters.pictures import Picture, Shape, draw_pictures
from orthoai.dataset.store import Dataset, DatasetCase
from orthoai.progress import Progress

DATA_FILE = "data.yaml"

DETECT, SEGMENT = "yolo-detect", "yolo-segment"

Numbers = Callable[[Shape, tuple[int, ...]], NDArray[np.float64]]


def box_numbers(shape: Shape, size: tuple[int, ...]) -> NDArray[np.float64]:
    """Center x, center y, width and height as fractions of a picture of ``size`` (H, W), cut at its border."""
    x0, y0, x1, y1 = np.clip(np.asarray(shape.box) / (size[1], size[0], size[1], size[0]), 0.0, 1.0)
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0])


def outline_numbers(shape: Shape, size: tuple[int, ...]) -> NDArray[np.float64]:
    """The corners x, y, x, y ... as fractions of a picture of ``size`` (H, W), cut at its border."""
    return np.clip(shape.outline / (size[1], size[0]), 0.0, 1.0).ravel()


def _export(name: str, numbers: Numbers, dataset: Dataset, output: Path, progress: Progress) -> Path:
    with export_folder(dataset, output, name) as (folder, tasks):
        total = sum(len(cases) for cases in tasks.values())
        done = 0
        for task, cases in tasks.items():
            labels = label_table(cases)
            validates = is_validation(cases)
            for case in cases:
                progress.report(name, done / total, f"case {done + 1} of {total}")
                side = "val" if validates[case.name] else "train"
                _write_case(folder / task, side, case, list(labels), numbers, progress)
                done += 1
            _write_data_file(folder / task, list(labels.values()), any(validates.values()))
        progress.report(name, 1.0)
    return Path(output).resolve() / name


def _write_case(
    folder: Path, side: str, case: DatasetCase, values: list[int], numbers: Numbers, progress: Progress
) -> None:
    # Imported here: Pillow, only to write.
    from PIL import Image

    images, texts = folder / "images" / side, folder / "labels" / side
    for place in (images, texts):
        place.mkdir(parents=True, exist_ok=True)
    look = look_of(case.lineage.task, case.lineage.modality)
    for picture in draw_pictures(case.image(), case.labels().voxels, values, look, progress):
        name = f"{case.name}_{picture.name}"
        Image.fromarray(picture.pixels).save(images / f"{name}.png")
        (texts / f"{name}.txt").write_text(text_lines(picture, values, numbers), "utf-8")


def text_lines(picture: Picture, values: Sequence[int], numbers: Numbers) -> str:
    """The text file of ``picture``: a line per object, its class the place of its value in ``values``."""
    lines = []
    for shape in picture.shapes:
        words = (f"{number:.6f}" for number in numbers(shape, picture.pixels.shape))
        lines.append(" ".join([str(values.index(shape.value)), *words]) + "\n")
    return "".join(lines)


def _write_data_file(folder: Path, classes: Sequence[str], has_validation: bool) -> None:
    """Without "path": YOLO then looks beside the file, so that the folder can be moved and names no machine."""
    # JSON's quoting is YAML's as well.
    names = "".join(f"  {number}: {json.dumps(name)}\n" for number, name in enumerate(classes))
    validation = "images/val" if has_validation else "images/train"
    (folder / DATA_FILE).write_text(f"train: images/train\nval: {validation}\nnames:\n{names}", "utf-8")


YOLO_DETECT = Exporter(
    DETECT, "YOLO detection", "Pictures and 2D boxes, split by subject.", partial(_export, DETECT, box_numbers)
)
YOLO_SEGMENT = Exporter(
    SEGMENT, "YOLO segmentation", "Pictures and outlines, split by subject.", partial(_export, SEGMENT, outline_numbers)
)
