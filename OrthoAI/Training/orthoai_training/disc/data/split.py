"""The fixed split by patient, shared by every network of the disc task.

Patients of the 3D and of the 2D set are the same persons by SPIDER id, so one split covers both sets. It was drawn
once, before any training, and is shipped as ids only (``split.json``). The test patients are never trained or tuned on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

Part = Literal["train", "validation", "test"]

SPLIT_FILE = Path(__file__).with_name("split.json")

SPLIT_SEED = 2025

FOLDS = 5

VALIDATION_SHARE = 0.12
"""Of all patients; they come from the fold after the test fold."""

Stratum = tuple[bool, bool, bool]
"""Of a patient: has a 3D volume, has a herniated disc, has boxed discs."""


@dataclass(frozen=True)
class PatientSplit:
    """SPIDER patient ids, each list ascending.

    Attributes:
        train, validation, test: the parts; every patient is in one.
        folds: five equal parts of all patients for cross-validation; the first is the test part.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    folds: tuple[tuple[int, ...], ...]

    def part(self, name: Part) -> frozenset[int]:
        """The patients of one part."""
        return frozenset({"train": self.train, "validation": self.validation, "test": self.test}[name])

    def part_of(self, patient: int) -> Part:
        """Where ``patient`` is; "test" for one that is in none, who is never trained on."""
        parts: tuple[Part, ...] = ("train", "validation")
        return next((name for name in parts if patient in self.part(name)), "test")

    def fold(self, held_out: int) -> PatientSplit:
        """One round of the cross-validation: ``folds[held_out]`` is the test, the next one the validation."""
        ahead = (held_out + 1) % len(self.folds)
        rest = (ids for n, ids in enumerate(self.folds) if n not in (held_out, ahead))
        train = tuple(sorted(patient for ids in rest for patient in ids))
        return PatientSplit(train, self.folds[ahead], self.folds[held_out], self.folds)

    def to_json(self) -> str:
        """The content of ``split.json``."""
        return json.dumps(asdict(self) | {"seed": SPLIT_SEED}, separators=(",", ":")).replace('],"', '],\n"') + "\n"


@cache
def fixed_split() -> PatientSplit:
    """The shipped split."""
    content = json.loads(SPLIT_FILE.read_text(encoding="utf-8"))
    parts = (tuple(content[name]) for name in ("train", "validation", "test"))
    train, validation, test = parts
    return PatientSplit(train, validation, test, tuple(tuple(fold) for fold in content["folds"]))


def split_of(fold: int | None) -> PatientSplit:
    """That of round ``fold`` of the cross-validation; the shipped split for None."""
    return fixed_split() if fold is None else fixed_split().fold(fold)


def draw_split(strata: Mapping[int, Stratum], seed: int = SPLIT_SEED) -> PatientSplit:
    """Deal the patients of each stratum in turn to five folds; fold 0 is the test, a share of fold 1 the validation.

    Args:
        strata: patient id to what the split shall balance.
        seed: of the shuffle within a stratum.
    """
    random = np.random.default_rng(seed)
    groups: dict[Stratum, list[int]] = {}
    for patient in sorted(strata):
        groups.setdefault(strata[patient], []).append(patient)
    folds: list[list[int]] = [[] for _ in range(FOLDS)]
    dealt = 0
    for stratum in sorted(groups, reverse=True):
        for patient in random.permutation(groups[stratum]):
            folds[dealt % FOLDS].append(int(patient))
            dealt += 1
    # In dealing order, every n-th of the fold keeps its strata in proportion.
    count = round(VALIDATION_SHARE * len(strata))
    picks = np.linspace(0, len(folds[1]) - 1, count).round().astype(int)
    validation = {folds[1][n] for n in picks}
    taken = validation | set(folds[0])
    train = (patient for patient in strata if patient not in taken)
    return PatientSplit(_ids(train), _ids(validation), _ids(folds[0]), tuple(_ids(fold) for fold in folds))


def _ids(patients: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(patients))
