"""Where a vertebral body begins and ends from front to back, and where its endplates do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.spine.body_frame import Columns

BAND_MM = 5.0
"""Half of the middle band, left to right, over which heights are averaged."""

SPUR_MM = 3.5
"""What reaches further beyond the end of the endplates is an osteophyte, no rim."""

STEEPEST, FALL_MM = 0.9, 3.0
"""Fall of the height, in mm per mm and over how many mm, beyond which an endplate has ended; a front that has given way
to a third falls by half of it."""

OUTER = 0.3
"""Share of the depth at each end in which the endplates may end."""

SMALLEST_MM = 4.0
"""Least depth and height of what can be measured."""


@dataclass(frozen=True)
class Spans:
    """y in mm: the ``front`` and the ``back`` wall, and ``first`` and ``last`` where the endplates end."""

    front: float
    back: float
    first: float
    last: float

    @property
    def depth(self) -> float:
        """From wall to wall, in mm."""
        return self.back - self.front

    def site(self, share: float) -> float:
        """y at ``share`` of the depth, no further out than the endplates reach."""
        return float(np.clip(self.front + share * self.depth, self.first, self.last))


def spans_of(columns: Columns) -> Spans | None:
    """None for what is smaller than a body."""
    band = np.abs(columns.x) <= BAND_MM
    rows = columns.values[band].mean(axis=0)
    filled = np.flatnonzero((rows >= 0.5).any(axis=0))
    if filled.size * columns.height_step < SMALLEST_MM:
        return None
    front = min(_edge(row, columns.y) for row in rows.T[filled])
    back = max(-_edge(row[::-1], -columns.y[::-1]) for row in rows.T[filled])
    ends = _plate_ends(columns, band)
    if ends is None:
        return None
    first, last = ends
    front, back = max(front, first - SPUR_MM), min(back, last + SPUR_MM)
    return Spans(front, back, first, last) if last - first >= SMALLEST_MM else None


def _plate_ends(columns: Columns, band: NDArray[np.bool_]) -> tuple[float, float] | None:
    """y of the first and the last column that still is as high as an endplate's slope allows."""
    count = columns.filled[band].sum(axis=0)
    seen = np.flatnonzero(2 * count >= np.count_nonzero(band))
    if seen.size < 2:
        return None
    seen = np.arange(seen[0], seen[-1] + 1)
    heights = np.where(columns.filled, columns.upper - columns.lower, 0.0)[band].sum(axis=0)[seen]
    heights /= np.maximum(count[seen], 1)
    reach = max(1, round(FALL_MM / columns.step))
    fall = STEEPEST * reach * columns.step
    outer = max(1, int(OUTER * seen.size))
    first, last = 0, seen.size - 1
    # From the middle out: a column much lower than the one before it is a rounded corner, a spur or a fragment.
    for n in range(outer, -1, -1):
        if heights[n] < heights[min(n + reach, seen.size - 1)] - fall:
            first = n + 1
            break
    for n in range(seen.size - 1 - outer, seen.size):
        if heights[n] < heights[max(n - reach, 0)] - fall:
            last = n - 1
            break
    return float(columns.y[seen[first]]), float(columns.y[seen[last]])


def _edge(row: NDArray, places: NDArray) -> float:
    """The first place at which ``row`` rises through one half, interpolated."""
    first = int(np.argmax(row >= 0.5))
    if first == 0:
        return float(places[0])
    low, high = float(row[first - 1]), float(row[first])
    return float(places[first] - (places[first] - places[first - 1]) * (high - 0.5) / (high - low))
