"""How the pictures of all evaluations look."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from orthoai_training.data_kinds import FROM_REAL_SHAPES, REAL, SIMULATED

# Okabe-Ito: told apart with any color vision; the marks differ as well.
STYLES = {SIMULATED: ("#0072B2", "o"), FROM_REAL_SHAPES: ("#D55E00", "s"), REAL: ("#009E73", "D")}
"""Color and mark by kind of data."""

TEXT, QUIET = "#222222", "#777777"

SPREAD = 0.16
"""Half width of a column of dots."""


def spread(count: int) -> NDArray[np.float64]:
    """Places (count,) of dots across a column, even in any part of their order: the same picture each time."""
    return (np.arange(count, dtype=np.float64) * 0.618034 % 1 - 0.5) * 2 * SPREAD


def save(figure: Figure, path: Path) -> None:
    """Write the PNG."""
    figure.savefig(path, format="png", facecolor="white", metadata={"Software": "OrthoAI"})
