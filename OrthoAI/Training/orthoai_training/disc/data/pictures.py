"""Reader of spider_midsag_dev: one mid-sagittal T2 picture per patient, with gradings and, for some, disc boxes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from orthoai_training.disc.data.entries import read_entries
from orthoai_training.disc.data.grading import Grading

FOLDER = "spider_midsag_dev"

TURNED_PATIENTS = frozenset({1})
"""The set's SOURCE.md: their picture has an odd orientation."""

BoxXyxy = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels; edges, not centers."""


@dataclass(frozen=True)
class GradedDisc:
    """One disc of a picture; what the set does not say reliably is None."""

    ivd_label: int | None
    grading: Grading | None
    box: BoxXyxy | None = None


@dataclass(frozen=True)
class PictureCase:
    """One patient's picture: ``image`` (H, W) uint8, row 0 cranial, column 0 anterior; ``discs`` from caudal upward.

    Attributes:
        scanner: the manufacturer, as the set has it.
    """

    patient: int
    image: NDArray[np.uint8]
    pixel_mm: tuple[float, float]
    discs: tuple[GradedDisc, ...]
    scanner: str

    @property
    def is_boxed(self) -> bool:
        """Whether its discs have boxes."""
        return bool(self.discs) and all(disc.box is not None for disc in self.discs)


def picture_patients(data: Path) -> tuple[int, ...]:
    """The patients of the set under ``data``, ascending, those with a turned picture included."""
    return tuple(entry["id"] for entry in read_entries(data / FOLDER))


def files(data: Path) -> Iterator[tuple[int, Path]]:
    """Each patient of the set under ``data``, and the file of the picture."""
    for entry in read_entries(data / FOLDER):
        yield entry["id"], data / FOLDER / entry["image"]


def read_pictures(data: Path, patients: Collection[int]) -> Iterator[PictureCase]:
    """The upright pictures of ``patients`` under ``data``, by id. Raises InputError where there is no set."""
    folder = data / FOLDER
    for entry in read_entries(folder):
        if entry["id"] in patients and entry["id"] not in TURNED_PATIENTS:
            yield _read(folder, entry)


def _read(folder: Path, entry: dict) -> PictureCase:
    with Image.open(folder / entry["image"]) as picture:
        image = np.asarray(picture.convert("L"))
    column_mm, row_mm = (float(value) for value in entry["pixel_spacing_mm"].strip("[]").split(","))
    return PictureCase(entry["id"], image, (row_mm, column_mm), _discs(entry), entry["manufacturer"])


def _discs(entry: dict) -> tuple[GradedDisc, ...]:
    if "discs" in entry:
        found = [
            GradedDisc(disc["ivd_label"], _grading(disc["grades"]), _box(disc["box_xyxy"])) for disc in entry["discs"]
        ]
    else:
        found = [GradedDisc(int(label), _grading(grades)) for label, grades in entry["gradings"].items()]
    # A disc without a label is cut off at the upper edge: the last one from caudal upward.
    return tuple(sorted(found, key=lambda disc: (disc.ivd_label is None, disc.ivd_label or 0)))


def _grading(grades: dict | None) -> Grading | None:
    return None if grades is None else Grading.from_json(grades)


def _box(edges: list[float]) -> BoxXyxy:
    left, top, right, bottom = (float(edge) for edge in edges)
    return left, top, right, bottom
