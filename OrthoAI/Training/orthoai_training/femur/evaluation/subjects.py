"""The cases to measure on: simulated one at a time and not kept, or read from folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.volume import Volume

from orthoai_training.case_seeds import LIMB_TESTS, SEED_STRIDE, case_seed
from orthoai_training.data_kinds import FROM_REAL_SHAPES, REAL, SIMULATED
from orthoai_training.dataset import CaseFolder, find_cases
from orthoai_training.evaluate.subject import Subject
from orthoai_training.identity import last_names, place_of
from orthoai_training.shared_options import check_seed
from orthoai_training.synth.limbs import LimbRecipe, simulate_limb

KEPT_META = ("seed", "field", "shapes", "textures", "metal", "axes")
"""What a record says of its case; nothing else, since own data may name patients."""


@dataclass(frozen=True)
class Loaded:
    """One case in memory: CT, uint8 labels (K, J, I) on its grid, and what is known of it."""

    volume: Volume
    labels: NDArray[np.uint8]
    kind: str
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class Simulation:
    """Cases of a recipe that no training run has met.

    Attributes:
        count: how many. seed: of all of them; a case is the same for any ``count``.
        recipe: its ``real_share`` is kept exactly, spread evenly over the cases.
        device: "cpu" or "cuda"; the same seed gives other voxels on another device.
    """

    count: int
    seed: int
    recipe: LimbRecipe
    device: str = "cpu"

    def __post_init__(self) -> None:
        if not 1 <= self.count <= SEED_STRIDE - LIMB_TESTS:
            raise InputError(
                f"Between 1 and {SEED_STRIDE - LIMB_TESTS} cases can be simulated: give --simulate such a number."
            )
        check_seed(self.seed)
        if not 0 <= self.recipe.real_share <= 1:
            raise InputError("A share lies between 0 and 1: give --real-share such a number.")

    def split(self, measured: int) -> str:
        """One sentence for the tables on the first ``measured`` cases."""
        return (
            f"{measured} cases simulated for this evaluation with seeds {self.case_seed(0)} to "
            f"{self.case_seed(measured - 1)}, which no training run uses."
        )

    def case_seed(self, number: int) -> int:
        """The seed of one case."""
        return case_seed(self.seed, LIMB_TESTS + number)

    def identity(self) -> dict[str, Any]:
        """What tells whether records of an earlier run are of the same cases; folders by their last two names."""
        recipe = asdict(self.recipe)
        for key in ("shapes", "textures"):
            recipe[key] = [last_names(folder) for folder in recipe[key]]
        return {"source": "simulate", "seed": self.seed, "device": self.device, "recipe": recipe}

    def subjects(self) -> Iterator[Subject[Loaded]]:
        """The cases, in order."""
        for number in range(self.count):
            yield Subject(f"limb_{number:04d}", lambda number=number: self._make(number))  # type: ignore[misc]

    def _make(self, number: int) -> Loaded:
        share = self.recipe.real_share
        # Not left to chance: of 30 cases at 0.4, 12 show real femora.
        is_real = int((number + 1) * share + 1e-9) > int(number * share + 1e-9)
        case = simulate_limb(replace(self.recipe, real_share=float(is_real)), self.case_seed(number), self.device)
        return Loaded(case.volume, case.labels, kind_of(case.meta), _kept(case.meta))


@dataclass(frozen=True)
class Folders:
    """Own cases under one folder."""

    folder: Path

    def split(self, measured: int) -> str:
        """One sentence for the tables on the first ``measured`` cases."""
        return (
            f"{measured} cases of the folder {self.folder.name}; whether a model was trained on them is not known here."
        )

    def identity(self) -> dict[str, Any]:
        """See :meth:`Simulation.identity`."""
        return {"source": "data", "folder": self.folder.name, "place": place_of(self.folder)}

    def subjects(self) -> Iterator[Subject[Loaded]]:
        """The cases, by name."""
        for case in find_cases(self.folder):
            yield Subject(case.name, lambda case=case: _read(case), case.files)  # type: ignore[misc]


Source = Simulation | Folders


def kind_of(meta: Mapping[str, object]) -> str:
    """The kind of data that a case is, from its case.json."""
    if "seed" not in meta:
        return REAL
    return FROM_REAL_SHAPES if meta.get("shapes") else SIMULATED


def _read(case: CaseFolder) -> Loaded:
    image, labels = case.load()
    return Loaded(image, labels.voxels, kind_of(case.meta), _kept(case.meta))


def _kept(meta: Mapping[str, object]) -> dict[str, Any]:
    return {key: meta[key] for key in KEPT_META if key in meta}
