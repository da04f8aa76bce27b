"""What tests of the data set look with: the files of a folder, and a way back from an outline to a mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def filled(outline: NDArray, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels of ``shape`` (H, W) whose center lies inside ``outline`` (N, 2: x, y in pixel edges), by even-odd rule."""
    rows, cols = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside = np.zeros(shape, bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        crosses = (y0 <= rows) != (y1 <= rows)
        if y0 != y1:
            inside ^= crosses & (cols < x0 + (rows - y0) / (y1 - y0) * (x1 - x0))
    return inside


def overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union."""
    return float((a & b).sum() / (a | b).sum())


def tree(folder: Path) -> dict[str, bytes]:
    """The content of every file below ``folder``, by its path from there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
