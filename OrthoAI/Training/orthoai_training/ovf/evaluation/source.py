"""The cases of an evaluation: folders, or simulated ones that no training has met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from orthoai.errors import InputError

from orthoai_training.case_seeds import SPINE_TESTS
from orthoai_training.ovf.cases import case_folders
from orthoai_training.spine_ct.case import SpineCase, read_case
from orthoai_training.spine_ct.options import SpineOptions

Load = Callable[[], SpineCase]

REAL_SHARE = 0.5
"""Of simulated cases, where there are real shapes."""


@dataclass(frozen=True)
class Source:
    """Where the cases come from.

    Attributes:
        data: folder of cases; None simulates.
        simulate: how many; seed: added to the first test seed, so near seeds share cases.
        shapes, texture: real vertebrae and real CT to simulate from.
        real_share: share of the cases with real vertebrae, where there are any.
    """

    data: Path | None = None
    simulate: int = 0
    seed: int = 0
    shapes: tuple[Path, ...] = ()
    texture: tuple[Path, ...] = ()
    real_share: float = REAL_SHARE

    def cases(self) -> Iterator[tuple[str, Load]]:
        """(name, how to get it) of each. Raises InputError for no case, and for shapes or textures not there."""
        if self.data is not None:
            for path in case_folders(self.data):
                yield path.name, lambda path=path: read_case(path)  # type: ignore[misc]
            return
        if self.simulate < 1:
            raise InputError("At least one case must be measured: give --simulate a number above 0.")
        if not 0 <= self.seed <= len(SPINE_TESTS) - self.simulate:
            raise InputError(
                f"There are {len(SPINE_TESTS)} seeds of tests: give --seed a number up to that less --simulate."
            )
        # Heavy: torch.
        from orthoai_training.spine_ct.simulate import require_sources, simulate

        options = SpineOptions(shapes=self.shapes, texture=self.texture, real_share=self.real_share)
        require_sources(options)
        for number in range(self.simulate):
            seed = SPINE_TESTS.start + self.seed + number
            yield f"seed_{seed}", lambda seed=seed: simulate(seed, options)  # type: ignore[misc]
