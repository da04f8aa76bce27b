"""Cases as slices of one plane on disk, so that a training reads pictures and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.spine.stack import FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM, Stack, working_stack

from orthoai_training.dataset import CaseFolder
from orthoai_training.fracture.cases import FractureCase, case_files, load_case
from orthoai_training.identity import files_sha256
from orthoai_training.made_from import forget_source, is_made_from, note_source

STAGE = "slices"

PLANES = ("sagittal", "axial")

MOST_SLICES = 48
"""With bodies, per case and plane; of more, every n-th."""

EMPTY_SHARE = 0.15
"""Slices without bodies, per slice with them."""

MARGIN = 160
"""Pixels kept around the bodies: more than half a tile, since tiles lie anywhere near them."""


@dataclass(frozen=True)
class PlaneSlices:
    """Slices of one case in one plane at 1 mm per pixel.

    Attributes:
        pictures: uint8 (S, H, W) in the bone window. labels: uint8 (S, H, W), see FractureCase.
        knows_bodies: False where 0 may be a sound body, see FractureCase.
    """

    name: str
    pictures: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    knows_bodies: bool

    def save(self, path: Path) -> None:
        """Write as npz, whole or not at all."""
        aside = path.with_suffix(".partial")
        with aside.open("wb") as file:
            np.savez_compressed(
                file, pictures=self.pictures, labels=self.labels, knows_bodies=np.array(self.knows_bodies)
            )
        aside.replace(path)

    @classmethod
    def load(cls, path: Path) -> PlaneSlices:
        """Read what :meth:`save` wrote. Raises InputError for anything else."""
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls(path.stem, file["pictures"], file["labels"], bool(file["knows_bodies"]))
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"The slices in {path.name} are damaged: remove the file to cut them again.") from error


def cut_slices(
    cases: Sequence[CaseFolder], plane: str, folder: Path, progress: Progress | None = None
) -> list[PlaneSlices]:
    """Slices of ``cases``, from ``folder``/<plane>/<case>.npz or cut now and kept there.

    Slices of other files are cut again: data sets name their cases alike.

    Raises:
        InputError: a case cannot be read, or its slices are damaged.
    """
    progress = progress or Progress()
    (folder / plane).mkdir(parents=True, exist_ok=True)
    found = []
    for number, case in enumerate(cases):
        progress.report(STAGE, number / len(cases), f"{plane} {case.name}")
        file = folder / plane / f"{case.name}.npz"
        source = files_sha256(case_files(case))
        if not is_made_from(file, source):
            forget_source(file)
            slices_of(load_case(case), plane).save(file)
            note_source(file, source)
        found.append(PlaneSlices.load(file))
    progress.report(STAGE, 1.0, plane)
    return found


def slices_of(case: FractureCase, plane: str) -> PlaneSlices:
    """The slices of one case that a training looks at: those with bodies and some without, cut around the bodies."""
    stack = working_stack(case.volume, plane, FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM)
    labels = labels_on(case.labels, case.volume.geometry, stack.grid)
    chosen = _chosen(labels)
    rows, columns = (_around(labels, axis) for axis in (1, 2))
    return PlaneSlices(
        case.name,
        np.ascontiguousarray(stack.pictures[chosen][:, rows, columns]),
        np.ascontiguousarray(labels[chosen][:, rows, columns]),
        case.bodies is not None,
    )


def labels_on(labels: NDArray[np.uint8], geometry: Geometry, grid: Geometry) -> NDArray[np.uint8]:
    """``labels`` (K, J, I) on ``geometry`` as seen by another ``grid``, from the nearest voxel; 0 outside."""
    # The way back of a stack whose working grid is the labels' own.
    return Stack(np.empty(0, np.float32), geometry, grid).back(labels)


def _chosen(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Indices of the slices to keep, ascending."""
    has_bodies = labels.any(axis=(1, 2))
    with_bodies, without = np.flatnonzero(has_bodies), np.flatnonzero(~has_bodies)
    with_bodies = _spread(with_bodies, MOST_SLICES)
    # A case without any body still shows what no fracture looks like.
    count = round(EMPTY_SHARE * len(with_bodies)) if len(with_bodies) else round(EMPTY_SHARE * MOST_SLICES)
    return np.sort(np.concatenate([with_bodies, _spread(without, max(1, count))]))


def _spread(indices: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """At most ``count`` of ``indices``, evenly."""
    if len(indices) <= count:
        return indices
    return indices[np.linspace(0, len(indices) - 1, count).round().astype(np.int64)]


def _around(labels: NDArray[np.uint8], axis: int) -> slice:
    places = np.flatnonzero(labels.any(axis=tuple(other for other in range(3) if other != axis)))
    if not len(places):
        return slice(None)
    return slice(max(0, int(places[0]) - MARGIN), int(places[-1]) + 1 + MARGIN)
