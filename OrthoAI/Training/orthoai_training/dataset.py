"""Cases on disk, and which of them train, validate and test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from orthoai.dataset.layout import CASES_FOLDER, GROUP_KEY, IMAGE_FILE, LABELS_FILE, META_FILE, TASK_KEY
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from orthoai.tasks.femur import TASK
from orthoai.volume import Volume

from orthoai_training.text_files import write_json

FEMUR_LABELS = TASK.label_table
"""Values in labels.nii.gz that count; all others are background."""

GROUP_KEYS = (GROUP_KEY, "subject", "shape", "shapes")
"""Keys of case.json, the first present wins, that tell which cases show the same bones."""


def has_verdict(meta: Mapping[str, Any], task: str | None = None) -> bool:
    """Whether a person reviewed the case whose case.json is ``meta``, and for ``task`` where one is named."""
    return "verdict" in meta and task in (None, meta.get(TASK_KEY))


def holds_reviewed(folder: Path) -> bool:
    """Whether cases that a person reviewed lie in ``folder`` or in its folder "cases"."""
    found = [*folder.glob(f"*/{META_FILE}"), *folder.glob(f"{CASES_FOLDER}/*/{META_FILE}")]
    return any(has_verdict(CaseFolder(file.parent).meta) for file in found)


@dataclass(frozen=True)
class CaseFolder:
    """A folder with image.nii.gz (CT, HU), labels.nii.gz on the same grid, and perhaps case.json."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def files(self) -> tuple[Path, ...]:
        """Image and labels, which :meth:`load` reads."""
        return self.path / IMAGE_FILE, self.path / LABELS_FILE

    @property
    def meta(self) -> dict[str, Any]:
        """What case.json says; empty without one."""
        file = self.path / META_FILE
        if not file.exists():
            return {}
        try:
            meta = json.loads(file.read_text())
        except (OSError, *JSON_ERRORS) as error:
            raise InputError(
                f"The file {META_FILE} of case {self.name} is not readable JSON: mend or remove it."
            ) from error
        if not isinstance(meta, dict):
            raise InputError(f"{META_FILE} of case {self.name} must hold one JSON object: mend or remove it.")
        return meta

    @property
    def group(self) -> str:
        """Subject or shape that the case shows; cases of one group stay together in a split."""
        meta = self.meta
        for key in GROUP_KEYS:
            value = meta.get(key)
            if isinstance(value, list):
                # Simulated cases name all their real bones; it is the femora that must not be met again.
                value = "+".join(sorted({str(name) for name in value if "femur" in str(name).lower()}))
            if value not in (None, ""):
                return str(value)
        return self.name

    def image(self) -> Volume:
        """The CT, on its own grid."""
        # Imported here: a split needs no reader.
        from orthoai.io.read import read_volume

        return read_volume(self.path / IMAGE_FILE)

    def labels(self) -> Volume:
        """uint8 labels on the image's grid: 1 femur_left, 2 femur_right, 0 everything else."""
        from orthoai.io.read import read_volume

        volume = read_volume(self.path / LABELS_FILE)
        wanted = np.where(np.isin(volume.voxels, list(FEMUR_LABELS)), volume.voxels, 0).astype(np.uint8)
        return volume.with_voxels(wanted)

    def load(self) -> tuple[Volume, Volume]:
        """(image, labels); InputError when they do not lie on one grid."""
        image, labels = self.image(), self.labels()
        require_one_grid(self.name, image, labels)
        return image, labels


def require_one_grid(case: str, image: Volume, labels: Volume) -> None:
    """Raise InputError where the ``labels`` of a case do not lie on the grid of its ``image``."""
    if not image.geometry.matches(labels.geometry):
        raise InputError(f"Case {case} has an image and labels on different grids: resample the labels to the image.")


def case_paths(folder: Path) -> list[Path]:
    """What lies directly under ``folder`` and may be a case, by name.

    A hidden folder is none: a case is saved under a hidden name, which is left where the save was killed.

    Raises:
        InputError: there is no such folder, or it is that of a data set or a training, whose cases lie one deeper.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: give the folder that holds the cases.")
    inner = folder / CASES_FOLDER
    if not any(folder.glob(f"*/{IMAGE_FILE}")) and any(inner.glob(f"*/{IMAGE_FILE}")):
        raise InputError(f"The cases of {folder} lie in its folder {CASES_FOLDER}: give {inner}.")
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def find_cases(folder: Path) -> list[CaseFolder]:
    """The femur cases directly under ``folder``, by name; InputError when there is none or one lacks its labels.

    A data set of reviewed cases may hold several tasks, whose labels share their values: cases of others are left out.
    """
    cases = []
    for child in case_paths(folder):
        case = CaseFolder(child)
        if not (child / IMAGE_FILE).is_file() or case.meta.get(TASK_KEY, TASK.name) != TASK.name:
            continue
        if not (child / LABELS_FILE).is_file():
            raise InputError(f"Case {child.name} has {IMAGE_FILE} but no {LABELS_FILE}: add the labels or remove it.")
        cases.append(case)
    if not cases:
        raise InputError(f"No case in {folder}: a case is a folder with {IMAGE_FILE} and {LABELS_FILE}.")
    return cases


@dataclass(frozen=True)
class Split:
    """Names of cases per use, and the seed that dealt them."""

    seed: int
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...] = ()

    def subset_of(self, name: str) -> str:
        """ "train", "validation" or "test"; InputError for a case that is in none."""
        for subset in ("train", "validation", "test"):
            if name in getattr(self, subset):
                return subset
        raise InputError(f"Case {name} is not in split.json: remove split.json to split again.")

    def save(self, path: Path) -> None:
        """Write as JSON."""
        write_json(path, asdict(self))

    @classmethod
    def load(cls, path: Path) -> Split:
        """Read what :meth:`save` wrote."""
        try:
            data = json.loads(path.read_text())
            return cls(data["seed"], *(tuple(data[subset]) for subset in ("train", "validation", "test")))
        except (OSError, *JSON_ERRORS) as error:
            raise InputError(f"The split in {path.name} is not readable: remove it to split again.") from error


def cases_named(cases: Sequence[CaseFolder], names: Sequence[str]) -> list[CaseFolder]:
    """Of ``cases``, those called one of ``names``, in their order."""
    wanted = set(names)
    return [case for case in cases if case.name in wanted]


def split_cases(
    cases: Sequence[CaseFolder], seed: int, validation_share: float = 0.1, test_share: float = 0.0
) -> Split:
    """Deal whole groups (subjects, shapes) to train, validation and test.

    With two groups or more at least one is held out for validation, the smallest where all are too large for its
    share, and one stays for training.
    """
    groups: dict[str, list[str]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case.name)
    names = sorted(groups)
    order = np.random.default_rng(seed).permutation(len(names))
    total = len(cases)
    wanted = {"validation": validation_share * total, "test": test_share * total}
    dealt: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    # The first of the smallest groups as they are dealt.
    smallest = min(order, key=lambda index: len(groups[names[index]]), default=None)
    for position, index in enumerate(order):
        members = groups[names[index]]
        is_last = position == len(order) - 1
        subset = "train"
        for held_out, goal in wanted.items():
            needs_one = held_out == "validation" and not dealt["validation"] and index == smallest
            fits = len(dealt[held_out]) + len(members) / 2 <= goal
            if goal > 0 and (fits or needs_one) and not (is_last and not dealt["train"]):
                subset = held_out
                break
        dealt[subset].extend(members)
    return Split(seed, *(tuple(sorted(dealt[subset])) for subset in ("train", "validation", "test")))
