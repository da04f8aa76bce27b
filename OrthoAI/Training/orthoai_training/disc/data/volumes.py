"""Reader of spider_t2space_dev: sagittal T2 volumes with masks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai_training.disc.data.entries import read_entries
from orthoai_training.disc.data.grading import Grading

FOLDER = "spider_t2space_dev"

Planes = NDArray[np.uint8]

FIRST_INSTANCE = 201
"""Instance value of the most caudal disc in the files; it becomes 1, SPIDER's IVD label of L5/S1."""


@dataclass(frozen=True)
class VolumeCase:
    """One patient's volume as sagittal slices: (slice, row, column), row 0 cranial, column 0 anterior.

    Attributes:
        patient: SPIDER id.
        image: gray values 0..255.
        labels: 0 background, 1 vertebra, 2 disc, 3 canal.
        discs: 0, or the IVD label of the disc (1 = L5/S1, then upward).
        spacing_mm: between (slices, rows, columns).
        gradings: IVD label to grading; empty where the set has no usable match.
    """

    patient: int
    image: Planes
    labels: Planes
    discs: Planes
    spacing_mm: tuple[float, float, float]
    gradings: dict[int, Grading]


def volume_patients(data: Path) -> tuple[int, ...]:
    """The patients of the set under ``data``, ascending."""
    return tuple(entry["id"] for entry in read_entries(data / FOLDER))


def files(data: Path) -> Iterator[tuple[int, Path]]:
    """Each patient of the set under ``data``, and the file of the image."""
    for patient in volume_patients(data):
        yield patient, _file(data / FOLDER, patient, "img")


def read_volumes(data: Path, patients: Collection[int]) -> Iterator[VolumeCase]:
    """The volumes of ``patients`` that the set under ``data`` holds, by id. Raises InputError where there is no set."""
    folder = data / FOLDER
    for entry in read_entries(folder):
        if entry["id"] in patients:
            yield _read(folder, entry)


def _read(folder: Path, entry: dict) -> VolumeCase:
    image, labels, discs = (sitk.ReadImage(str(_file(folder, entry["id"], kind))) for kind in ("img", "seg", "discs"))
    instances = _planes(discs).astype(np.int32)
    instances[instances > 0] -= FIRST_INSTANCE - 1
    column_mm, row_mm = image.GetSpacing()[1:]
    gradings = {}
    if entry["gradings_match_components"]:
        gradings = {int(disc["label"]) - FIRST_INSTANCE + 1: Grading.from_json(disc) for disc in entry["discs"]}
    return VolumeCase(
        patient=entry["id"],
        image=_planes(image),
        labels=_planes(labels),
        discs=instances.astype(np.uint8),
        spacing_mm=(image.GetSpacing()[0], row_mm, column_mm),
        gradings=gradings,
    )


def _file(folder: Path, patient: int, kind: str) -> Path:
    return folder / f"{patient:03d}_t2space_{kind}.nii.gz"


def _planes(image: sitk.Image) -> NDArray:
    """Voxels (z up, y back, x) of the files as sagittal slices (x, rows down, y)."""
    return np.ascontiguousarray(np.moveaxis(sitk.GetArrayFromImage(image)[::-1], 2, 0))
