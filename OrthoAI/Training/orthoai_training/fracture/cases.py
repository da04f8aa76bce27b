"""CT with known fractures on disk: simulated spines, or own cases with a mask of the fractured bodies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.dataset.layout import IMAGE_FILE, IMAGE_KEY, LABELS_FILE, TASK_KEY
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from orthoai.volume import Volume

from orthoai_training.data_kinds import REAL
from orthoai_training.dataset import CaseFolder, case_paths, require_one_grid
from orthoai_training.spine_ct.case import BODIES_FILE, CLASSES, SpineCase, class_map, read_case
from orthoai_training.spine_ct.case import case_files as spine_files

FRACTURE, BODY = 1, 2
"""Values of :attr:`FractureCase.labels`: the bodies of fractured vertebrae, and the other bodies."""

TASKS = ("fracture", "ovf", "spine")
"""Tasks of case.json whose labels mark fractured bodies: every label from 1 to 3 of ``ovf`` is a fracture."""


@dataclass(frozen=True)
class FractureCase:
    """One case in memory.

    Attributes:
        volume: HU.
        labels: uint8 (K, J, I) on its grid: FRACTURE, BODY or 0.
        bodies: uint8 (K, J, I) VerSe numbers of all bodies; None where only fractures are marked, so that 0 may be a
            sound body as well.
        kind: "simulated", "simulated from real shapes" or "real".
    """

    name: str
    volume: Volume
    labels: NDArray[np.uint8]
    bodies: NDArray[np.uint8] | None
    kind: str

    @classmethod
    def of(cls, case: SpineCase, name: str) -> FractureCase:
        """A simulated spine."""
        classes = class_map(case)
        labels = np.where(classes == CLASSES["normal"], BODY, np.minimum(classes, FRACTURE)).astype(np.uint8)
        return cls(name, case.volume, labels, case.bodies, case.kind)


def find_spine_cases(folder: Path) -> list[CaseFolder]:
    """The cases directly under ``folder``, by name: folders with image.nii.gz and bodies.nii.gz or labels.nii.gz.

    An image that was reviewed for several of TASKS is one case, that of the fracture task where there is one.

    Raises:
        InputError: there is no such folder, or no case in it.
    """
    cases = [CaseFolder(child) for child in case_paths(folder) if (child / IMAGE_FILE).is_file()]
    cases = _once([case for case in cases if _is_simulated(case) or _is_marked(case)])
    if not cases:
        raise InputError(
            f"No case in {folder}: a case is a folder with {IMAGE_FILE} and {LABELS_FILE}, as orthoai synth fracture "
            f"and reviewed cases of the task fracture have it."
        )
    return cases


def _once(cases: list[CaseFolder]) -> list[CaseFolder]:
    """``cases``, of those of one image only one."""
    best: dict[str, CaseFolder] = {}
    for case in sorted(cases, key=lambda case: case.meta.get(TASK_KEY, TASKS[0]) != TASKS[0]):
        best.setdefault(case.meta.get(IMAGE_KEY, case.name), case)
    return [case for case in cases if any(case is one for one in best.values())]


def case_files(case: CaseFolder) -> tuple[Path, ...]:
    """The files that :func:`load_case` reads."""
    if _is_simulated(case):
        return spine_files(case.path)
    return tuple(file for name in (IMAGE_FILE, LABELS_FILE) if (file := case.path / name).is_file())


def load_case(case: CaseFolder) -> FractureCase:
    """Read one case. Raises InputError when a file is missing, unreadable or on another grid."""
    if _is_simulated(case):
        return FractureCase.of(read_case(case.path), case.name)
    image, marked = read_volume(case.path / IMAGE_FILE), read_volume(case.path / LABELS_FILE)
    require_one_grid(case.name, image, marked)
    labels = np.where(marked.voxels > 0, FRACTURE, 0).astype(np.uint8)
    return FractureCase(case.name, image, labels, None, REAL)


def _is_simulated(case: CaseFolder) -> bool:
    return (case.path / BODIES_FILE).is_file() and "vertebrae" in case.meta


def _is_marked(case: CaseFolder) -> bool:
    return (case.path / LABELS_FILE).is_file() and case.meta.get(TASK_KEY, TASKS[0]) in TASKS
