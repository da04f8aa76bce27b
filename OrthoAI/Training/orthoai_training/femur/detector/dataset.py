"""The detector's training pictures as a YOLO data set folder, and the reader for one that somebody else made.

Beside what every such folder holds, dataset.json says what it was made from, so that a resumed run can tell whether it
is still right. A line of a label file is class, center x, center y, width, height in 0..1.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from orthoai.dataset.exporters.yolo import DATA_FILE
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from orthoai.progress import Progress
from orthoai.volume import Volume

from orthoai_training.detector.dataset_folder import TRAIN, VALIDATION, staged_dataset, write_picture
from orthoai_training.femur.detector.augment import training_views
from orthoai_training.femur.detector.labeled_case import LabeledCase
from orthoai_training.femur.detector.recipe import LABELS, DetectorRecipe
from orthoai_training.femur.detector.views import LabeledView, plain_views
from orthoai_training.identity import files_sha256
from orthoai_training.text_files import as_read, read_json

MANIFEST_FILE = "dataset.json"

VALIDATION_SEED = 1_000_003
"""Added to the seed for the validation pictures' random fields, so that no case is drawn twice the same way."""

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
"""Picture files that count in a data set of one's own."""


class Case(Protocol):
    """What is needed of a case; :class:`orthoai_training.dataset.CaseFolder` has it."""

    @property
    def name(self) -> str:
        """Unique among the cases."""
        ...

    @property
    def files(self) -> tuple[Path, ...]:
        """That it is read from; none in memory."""
        ...

    def load(self) -> tuple[Volume, Volume]:
        """(CT, labels) on one grid."""
        ...


@dataclass(frozen=True)
class YoloDataset:
    """A data set folder that was looked through.

    Attributes:
        folder: holds data.yaml.
        train, validation: the pictures.
    """

    folder: Path
    train: tuple[Path, ...]
    validation: tuple[Path, ...]


def write_yolo_dataset(
    folder: Path,
    train: Sequence[Case],
    validation: Sequence[Case],
    recipe: DetectorRecipe,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> YoloDataset:
    """Draw the pictures of all cases. The same cases, recipe and seed give the same bytes, in any order of cases.

    Training cases get ``recipe.views_per_case`` random fields of view; the first is joined by the plain pictures.
    Validation cases get the plain pictures and one random field. Without validation cases the training
    pictures validate too. The folder appears whole or not at all; one made from the same things is kept.

    Raises:
        InputError: no training case, two cases of one name, or ``folder`` holds something else.
        Canceled: asked for by ``progress``; nothing is left behind.
    """
    names = [case.name for case in (*train, *validation)]
    if not train:
        raise InputError("There is no case to train the detector on: give at least one.")
    if len(set(names)) != len(names):
        raise InputError("Two cases have the same name: give each case a folder name of its own.")
    folder = folder.resolve()
    manifest = _manifest(train, validation, recipe, seed)
    if folder.exists():
        if read_json(folder / MANIFEST_FILE) == manifest:
            return read_yolo_dataset(folder)
        if not (folder / MANIFEST_FILE).is_file() and any(folder.iterdir()):
            raise InputError(f"The folder {folder.name} holds other files: give a new or empty folder.")
        shutil.rmtree(folder)
    progress = progress or Progress()
    done = 0
    with staged_dataset(folder, LABELS, progress, VALIDATION if validation else TRAIN) as staged:
        for split, cases in ((TRAIN, train), (VALIDATION, validation)):
            for case in cases:
                progress.report("pictures", done / len(names), f"case {done + 1} of {len(names)}")
                _write_case(staged, split, case, recipe, seed)
                done += 1
        (staged / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1) + "\n")
    return read_yolo_dataset(folder)


def read_yolo_dataset(folder: Path) -> YoloDataset:
    """Look through a YOLO detection data set, own or foreign, before hours are spent on it.

    Raises:
        InputError: no data.yaml, other classes than :data:`LABELS`, a split without pictures, or a bad line in a
            label file.
    """
    import yaml

    file = folder / DATA_FILE
    try:
        data = yaml.safe_load(file.read_text())
    except (OSError, *JSON_ERRORS, yaml.YAMLError) as error:
        raise InputError(f"The folder {folder.name} has no readable {DATA_FILE}: give a YOLO data set.") from error
    if not isinstance(data, dict) or not isinstance(data.get("names"), (list, dict)):
        raise InputError(f"{DATA_FILE} in {folder.name} lists no class names: add names.")
    names = data["names"]
    classes = tuple(names) if isinstance(names, list) else tuple(names[key] for key in sorted(names))
    if classes != LABELS:
        raise InputError(
            f"{DATA_FILE} in {folder.name} must have exactly the classes {', '.join(LABELS)} in this order."
        )
    root = folder / str(data.get("path") or "")
    pictures = {}
    for split in (TRAIN, VALIDATION):
        place = root / str(data.get(split) or "")
        found = tuple(sorted(path for path in place.rglob("*") if path.suffix.lower() in PICTURES))
        if not data.get(split) or not found:
            raise InputError(f"The data set {folder.name} has no pictures for {split}: see {DATA_FILE}.")
        for path in found:
            _check_labels(path)
        pictures[split] = found
    return YoloDataset(folder, pictures[TRAIN], pictures[VALIDATION])


# Writing


def _write_case(folder: Path, split: str, case: Case, recipe: DetectorRecipe, seed: int) -> None:
    volume, labels = case.load()
    labeled = LabeledCase.of(volume, labels.voxels)
    # From the name, so that a case's pictures do not depend on which other cases there are.
    start = seed if split == TRAIN else seed + VALIDATION_SEED
    rng = np.random.default_rng([start, *case.name.encode()])
    fields = recipe.views_per_case if split == TRAIN else 1
    sets: Iterable[list[LabeledView]] = (
        plain_views(labeled),
        *(training_views(labeled, recipe.image_size, rng, recipe.views) for _ in range(fields)),
    )
    for number, views in enumerate(sets):
        for view in views:
            name = f"{case.name}_{number:02d}_{view.name}"
            write_picture(folder, split, name, view.image.pixels, view.boxes, LABELS, recipe.image_size)


def _manifest(train: Sequence[Case], validation: Sequence[Case], recipe: DetectorRecipe, seed: int) -> dict[str, Any]:
    content = {
        "seed": seed,
        "image_size": recipe.image_size,
        "views_per_case": recipe.views_per_case,
        "views": asdict(recipe.views),
        "train": sorted(case.name for case in train),
        "validation": sorted(case.name for case in validation),
        "files": {case.name: files_sha256(case.files) for case in (*train, *validation)},
    }
    manifest: dict[str, Any] = as_read(content)
    return manifest


# Reading


def _check_labels(picture: Path) -> None:
    """Check the label file of ``picture``; a missing one means that nothing is in the picture."""
    parts = list(picture.parts)
    if "images" not in parts:
        raise InputError(f"The picture {picture.name} is not under a folder named images: YOLO finds no labels for it.")
    # As YOLO does: the last folder named images becomes labels.
    parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
    file = Path(*parts).with_suffix(".txt")
    if not file.is_file():
        return
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if line.strip() and not _is_label(line):
            raise InputError(
                f"Line {number} of {file.name} is not a box: write class, center x, center y, width, height in 0..1."
            )


def _is_label(line: str) -> bool:
    try:
        kind, *values = (float(word) for word in line.split())
    except ValueError:
        return False
    return kind in range(len(LABELS)) and len(values) == 4 and all(0 <= value <= 1 for value in values)
