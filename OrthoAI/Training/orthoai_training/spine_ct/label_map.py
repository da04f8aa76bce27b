"""Label maps of real spines: their vertebrae where they lie, and which of them are broken.

A file ``*_seg-vert_msk.nii.gz`` holds VerSe numbers. Beside it there may be ``*_seg-subreg_msk.nii.gz``, where 49 and
50 are the vertebral bodies, and ``verse19_genant_by_vertebra.json`` with published grades by "subject_number".

Class and grade of a real fracture: published grades, where there are any, say which vertebrae are broken; else those
are whose measured heights fall 20 % or more below their neighbors'. What kind of fracture it is, and its grade, is
always read from the measured heights (``orthoai.spine.genant``), so that label and heights agree.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from orthoai.spine.genant import Heights, classify, losses, reference
from scipy import ndimage

from orthoai_training.spine_ct.morphometry import LEVELS
from orthoai_training.spine_ct.real_vertebra import RealVertebra, real_vertebra

VERTEBRAE_SUFFIX, PARTS_SUFFIX = "_seg-vert_msk.nii.gz", "_seg-subreg_msk.nii.gz"
BODY_PARTS = (49, 50)
"""Values of the body's rim and inside in a map of parts."""

GRADES_FILE = "verse19_genant_by_vertebra.json"

FIRST, LAST = 11, 24
"""T4 to L5."""

TRANSITIONAL = {25: "L6", 28: "T13"}
"""VerSe numbers that have no place among the 17 levels that are simulated."""

FEWEST_MM3 = 2000.0
"""Smaller pieces are no vertebrae."""


@dataclass(frozen=True, eq=False)
class RealSpine:
    """The vertebrae of one person, cranial first, T4 at the earliest; ``broken`` as (label, grade) or None for each."""

    name: str
    vertebrae: tuple[RealVertebra, ...]
    broken: tuple[tuple[str, int] | None, ...]


@lru_cache(maxsize=8)
def read_spine(path: Path) -> RealSpine:
    """The spine in the label map ``path``.

    Raises:
        InputError: the file is unreadable, holds fewer than three vertebrae from T4 to L5, one between them is missing,
            or one has no such name (L6, T13).
    """
    volume = read_volume(path)
    numbers = np.rint(volume.voxels).astype(np.uint8)
    parts_file = path.with_name(path.name.replace(VERTEBRAE_SUFFIX, PARTS_SUFFIX))
    bodies = None
    if parts_file != path and parts_file.exists():
        parts = read_volume(parts_file)
        if parts.voxels.shape == volume.voxels.shape:
            bodies = np.isin(parts.voxels, BODY_PARTS)
    boxes = dict(enumerate(ndimage.find_objects(numbers), start=1))
    present = [level for level in LEVELS if FIRST <= level.id <= LAST and boxes.get(level.id) is not None]
    middles = np.array([volume.geometry.index_to_lps(_middle(boxes[level.id])) for level in present])
    found: list[RealVertebra] = []
    for n, level in enumerate(present):
        box = boxes[level.id]
        grid = volume.geometry.block(box)
        whole = numbers[box] == level.id
        if whole.sum() * grid.voxel_volume < FEWEST_MM3:
            continue
        above, below = middles[max(0, n - 1)], middles[min(len(middles) - 1, n + 1)]
        made = real_vertebra(whole, grid, level, _up(above - below), None if bodies is None else bodies[box])
        if made is not None:
            found.append(made)
    _require_neighbors(path.name, found, numbers, volume.geometry.voxel_volume)
    name = path.name.removesuffix(VERTEBRAE_SUFFIX).removesuffix(".nii.gz")
    return RealSpine(name, tuple(found), _broken(name, found, path.with_name(GRADES_FILE)))


def _require_neighbors(name: str, found: list[RealVertebra], numbers: NDArray[np.uint8], voxel_mm3: float) -> None:
    """Heights are compared with those of the vertebrae next to them, so that none may be left out."""
    for number, level in TRANSITIONAL.items():
        if np.count_nonzero(numbers == number) * voxel_mm3 >= FEWEST_MM3:
            raise InputError(f"{name} shows a vertebra {level}, which is not simulated: choose another spine.")
    if len(found) < 3:
        raise InputError(f"{name} is no label map of a spine: it needs three neighboring vertebrae from T4 to L5.")
    for above, below in pairwise(found):
        if below.level.id != above.level.id + 1:
            raise InputError(
                f"{name} has no whole vertebra between {above.level.name} and {below.level.name}: choose another spine."
            )


def _middle(box: tuple[slice, ...]) -> list[float]:
    return [(part.start + part.stop - 1) / 2 for part in box[::-1]]


def _up(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    length = float(np.linalg.norm(direction))
    return direction / length if length else np.array([0.0, 0.0, 1.0])


def _broken(name: str, found: list[RealVertebra], grades: Path) -> tuple[tuple[str, int] | None, ...]:
    heights = [vertebra.body.heights() for vertebra in found]
    known = _published(name, grades)
    usable = [known.get(vertebra.level.id, 0) == 0 for vertebra in found]
    while not known:
        lost = [_most(heights, usable, n) if usable[n] else 0.0 for n in range(len(found))]
        worst = int(np.argmax(lost))
        if classify(Heights(lost[worst], 0, 0))[0] == "normal":
            break
        usable[worst] = False
    result: list[tuple[str, int] | None] = []
    for n in range(len(found)):
        expected = reference(heights, usable, n)
        label, grade = classify(losses(heights[n], expected)) if expected and not usable[n] else ("normal", 0)
        result.append((label, grade) if grade else None)
    return tuple(result)


def _most(heights: list[Heights], usable: list[bool], index: int) -> float:
    expected = reference(heights, usable, index)
    return max(losses(heights[index], expected)) if expected else 0.0


def _published(name: str, file: Path) -> dict[int, int]:
    """Grades by VerSe number; empty for a person who is not in the table."""
    if not file.exists():
        return {}
    table = json.loads(file.read_text())
    return {
        int(key.rsplit("_", 1)[1]): int(grade)
        for part in table.values()
        for key, grade in part.items()
        if key.rsplit("_", 1)[0] == name
    }


def resized(spine: RealSpine, by: float) -> RealSpine:
    """The same spine, ``by`` times as large."""
    vertebrae = tuple(
        replace(
            v,
            body=v.body.resized(by),
            arch=v.arch.resized(by),
            frame=replace(v.frame, center=v.frame.center * by),
        )
        for v in spine.vertebrae
    )
    return replace(spine, vertebrae=vertebrae)
