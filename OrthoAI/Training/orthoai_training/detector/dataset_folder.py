"""The folder of a YOLO data set that a training reads: pictures, the boxes in them, data.yaml.

data.yaml                      absolute path, class names
images/train, images/val       gray PNG
labels/train, labels/val       one text file per picture, a line per object: its class, then numbers in 0..1
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.dataset.exporters.yolo import DATA_FILE
from orthoai.detect.detector import Detection
from orthoai.detect.letterbox import Letterbox, resize_linear
from orthoai.progress import Progress
from PIL import Image

TRAIN, VALIDATION = "train", "val"
"""Folders of the two uses."""


@contextmanager
def staged_dataset(
    folder: Path, labels: Sequence[str], progress: Progress, validation: str = VALIDATION
) -> Iterator[Path]:
    """A data set folder to fill beside ``folder``, whose place it takes in the end: whole or not at all.

    Args:
        folder: must not exist.
        labels: class names, in class order.
        validation: the pictures that validate, "val" or "train".
    """
    folder = folder.resolve()
    staged = folder.with_name(folder.name + ".part")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        for kind in ("images", "labels"):
            for split in (TRAIN, VALIDATION):
                (staged / kind / split).mkdir(parents=True)
        yield staged
        _write_data_file(staged, folder, validation, labels)
        staged.replace(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    progress.report("pictures", 1.0)


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


def _write_data_file(staged: Path, final: Path, validation: str, labels: Sequence[str]) -> None:
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
