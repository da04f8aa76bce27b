"""The cases to measure on: simulated one at a time and not kept, or read from folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthoai.errors import InputError

from orthoai_training.case_seeds import SPINE_TESTS
from orthoai_training.evaluate.subject import Subject
from orthoai_training.fracture.cases import FractureCase, case_files, find_spine_cases, load_case
from orthoai_training.fracture.simulate import spine_options
from orthoai_training.identity import last_names, place_of
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.simulate import require_sources, simulate

MOST_CASES = 10_000
"""Seeds of a test, by its own seed: two tests with different seeds share no case."""


@dataclass(frozen=True)
class Simulated:
    """``count`` cases that no training has met; of real shapes only where there are any, so that kinds stay apart."""

    count: int
    seed: int = 0
    shapes: tuple[Path, ...] = ()
    textures: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_CASES or not 0 <= self.seed < 9:
            raise InputError(f"Give --simulate a number from 1 to {MOST_CASES}, and --seed one from 0 to 8.")
        require_sources(self.options)

    @property
    def options(self) -> SpineOptions:
        """What is simulated."""
        return spine_options(self.shapes, self.textures, real_share=1.0)

    @property
    def identity(self) -> dict[str, Any]:
        """What tells whether an earlier run's records are of the same cases."""
        names = [last_names(path) for path in (*self.shapes, *self.textures)]
        return {"source": "simulate", "seed": self.seed, "shapes": names}

    @property
    def about(self) -> str:
        """One sentence for the tables."""
        first = SPINE_TESTS.start + self.seed * MOST_CASES
        return f"{self.count} cases simulated with seeds from {first} on, which no training uses."

    def subjects(self) -> Iterator[Subject[FractureCase]]:
        """The cases, in order."""
        for number in range(self.count):
            yield Subject(f"spine_{number:04d}", lambda number=number: self._make(number))  # type: ignore[misc]

    def _make(self, number: int) -> FractureCase:
        case = simulate(SPINE_TESTS.start + self.seed * MOST_CASES + number, self.options)
        return FractureCase.of(case, f"spine_{number:04d}")


@dataclass(frozen=True)
class Folders:
    """Own or simulated cases under one folder."""

    folder: Path

    @property
    def identity(self) -> dict[str, Any]:
        """As :attr:`Simulated.identity`."""
        return {"source": "data", "folder": self.folder.name, "place": place_of(self.folder)}

    @property
    def about(self) -> str:
        """One sentence for the tables."""
        return f"Cases of the folder {self.folder.name}; whether a model was trained on them is not known here."

    def subjects(self) -> Iterator[Subject[FractureCase]]:
        """The cases, by name."""
        for case in find_spine_cases(self.folder):
            yield Subject(case.name, lambda case=case: load_case(case), case_files(case))  # type: ignore[misc]


Source = Simulated | Folders
