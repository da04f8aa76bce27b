"""HU of a person's bones and discs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tissue:
    """HU of a person's bones: 0 osteoporotic, 1 dense.

    Attributes:
        marrow, cortex: HU inside and of the shell.
        shell: thickness of the shell in mm; ``plate`` that of the endplates.
        grain: factor on the trabecular texture.
        disc: HU of the discs.
    """

    marrow: float
    cortex: float
    shell: float
    plate: float
    grain: float
    disc: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Tissue:
        """Osteoporotic in half of the people."""
        density = float(rng.beta(1.3, 1.8))
        return cls(
            marrow=float(rng.uniform(15, 70)) + 230 * density,
            cortex=750 + 500 * density + float(rng.normal(0, 50)),
            shell=0.3 + 0.35 * density,
            plate=0.5 + 0.45 * density,
            grain=float(rng.uniform(0.5, 1.3)),
            disc=float(rng.uniform(60, 105)),
        )
