"""The detector's training pictures as a YOLO data set folder, and the reader for one that somebody else made.

data.yaml                      absolute path, class names
dataset.json                   what it was made from, so that a resumed run can tell whether it is still right
images/train, images/val       gray PNG
labels/train, labels/val       one text file per picture: class, center x, center y, width, height in 0..1
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from orthoai.detect.detector import Detection
from orthoai.detect.letterbox import Letterbox, resize_linear
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from orthoai.progress import Progress
from orthoai.volume import Volume
from PIL import Image

from orthoai_training.detector.augment import training_views
from orthoai_training.detector.labeled_case import LabeledCase
from orthoai_training.detector.recipe import LABELS, DetectorRecipe
from orthoai_training.detector.views import LabeledView, plain_views
from orthoai_training.identity import files_sha256
from orthoai_training.text_files import as_read, read_json

DATA_FILE, MANIFEST_FILE = "data.yaml", "dataset.json"

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
    staged = folder.with_name(folder.name + ".part")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        done = 0
        for split, cases in (("train", train), ("val", validation)):
            for kind in ("images", "labels"):
                (staged / kind / split).mkdir(parents=True)
            for case in cases:
                progress.report("pictures", done / len(names), f"case {done + 1} of {len(names)}")
                _write_case(staged, split, case, recipe, seed)
                done += 1
        write_data_file(staged, folder, "val" if validation else "train", LABELS)
        (staged / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1) + "\n")
        staged.replace(folder)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    progress.report("pictures", 1.0)
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
    for split in ("train", "val"):
        place = root / str(data.get(split) or "")
        found = tuple(sorted(path for path in place.rglob("*") if path.suffix.lower() in PICTURES))
        if not data.get(split) or not found:
            raise InputError(f"The data set {folder.name} has no pictures for {split}: see {DATA_FILE}.")
        for path in found:
            _check_labels(path)
        pictures[split] = found
    return YoloDataset(folder, pictures["train"], pictures["val"])


# Writing


def _write_case(folder: Path, split: str, case: Case, recipe: DetectorRecipe, seed: int) -> None:
    volume, labels = case.load()
    labeled = LabeledCase.of(volume, labels.voxels)
    # From the name, so that a case's pictures do not depend on which other cases there are.
    start = seed if split == "train" else seed + VALIDATION_SEED
    rng = np.random.default_rng([start, *case.name.encode()])
    fields = recipe.views_per_case if split == "train" else 1
    sets: Iterable[list[LabeledView]] = (
        plain_views(labeled),
        *(training_views(labeled, recipe.image_size, rng, recipe.views) for _ in range(fields)),
    )
    for number, views in enumerate(sets):
        for view in views:
            name = f"{case.name}_{number:02d}_{view.name}"
            write_picture(folder, split, name, view.image.pixels, view.boxes, LABELS, recipe.image_size)


def write_picture(
    folder: Path,
    split: str,
    name: str,
    pixels: NDArray[np.uint8],
    boxes: Sequence[Detection],
    labels: Sequence[str],
    image_size: int,
) -> None:
    """Add a gray picture (H, W) and the ``boxes`` in it, in its pixel edges, to a data set folder."""
    Image.fromarray(_fitted(pixels, image_size)).save(folder / "images" / split / f"{name}.png")
    (folder / "labels" / split / f"{name}.txt").write_text(_label_lines(pixels.shape, boxes, labels))


def write_data_file(staged: Path, final: Path, validation: str, labels: Sequence[str]) -> None:
    """Write data.yaml into ``staged``, which will be moved to ``final``; ``validation`` is "val" or "train"."""
    names = "".join(f"  {number}: {label}\n" for number, label in enumerate(labels))
    # JSON's quoting is YAML's as well, and keeps paths with spaces or colons whole.
    text = f"path: {json.dumps(str(final))}\ntrain: images/train\nval: images/{validation}\nnames:\n{names}"
    (staged / DATA_FILE).write_text(text)


def _fitted(pixels: NDArray[np.uint8], image_size: int) -> NDArray[np.uint8]:
    """A large picture as the letterbox shrinks it at inference; it loads faster and leaves the loader nothing to do."""
    height, width = pixels.shape
    if max(height, width) <= image_size:
        return pixels
    return resize_linear(pixels, Letterbox((height, width), image_size).resized)


def _label_lines(shape: tuple[int, ...], boxes: Sequence[Detection], labels: Sequence[str]) -> str:
    """The boxes in YOLO's text form: fractions of the picture's size."""
    height, width = shape
    lines = []
    for box in boxes:
        x0, x1 = (min(max(x / width, 0.0), 1.0) for x in (box.x0, box.x1))
        y0, y1 = (min(max(y / height, 0.0), 1.0) for y in (box.y0, box.y1))
        values = ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)
        lines.append(" ".join([str(labels.index(box.label)), *(f"{value:.8f}" for value in values)]) + "\n")
    return "".join(lines)


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
