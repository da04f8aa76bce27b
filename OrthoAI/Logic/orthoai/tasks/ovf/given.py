"""Boxes that a person drew or corrected, in place of the search: one vertebra in each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.tasks.ovf.join import JoinedBody
from orthoai.tasks.ovf.slices import SliceBody

LEAST_INSIDE = 0.5
"""Share of an outline that must lie in a box to count as the box's own."""


class GivenBox:
    """One checked box on the working grid.

    Attributes:
        box: as it was given, in the input's index space.
        low, high: its outer edges as indices (column, row, slice) of the working grid.
    """

    def __init__(self, box: Box, volume: Geometry, grid: Geometry) -> None:
        corners = np.array(list(product(*zip(box.index_min, box.index_max, strict=True))))
        places = grid.lps_to_index(volume.index_to_lps(corners))
        self.box = box
        self.low: NDArray[np.float64] = places.min(axis=0)
        self.high: NDArray[np.float64] = places.max(axis=0)

    def cut(self, body: SliceBody) -> SliceBody | None:
        """What of ``body`` lies in the box; None where most of it lies elsewhere."""
        if not self.low[2] <= body.index <= self.high[2]:
            return None
        rows = np.arange(body.row, body.row + body.mask.shape[0])
        cols = np.arange(body.col, body.col + body.mask.shape[1])
        inside = (rows >= self.low[1])[:, None] & (rows <= self.high[1])[:, None]
        inside = inside & (cols >= self.low[0]) & (cols <= self.high[0])
        mask = body.mask & inside
        if np.count_nonzero(mask) < LEAST_INSIDE * body.area:
            return None
        return SliceBody(body.index, body.score, body.class_scores, body.row, body.col, mask)

    def body(self, bodies: Sequence[SliceBody]) -> JoinedBody | None:
        """The vertebra in the box: of each slice the best outline in it; None where there is none."""
        best: dict[int, SliceBody] = {}
        for outline in bodies:
            part = self.cut(outline)
            if part is not None and part.score > (best[part.index].score if part.index in best else 0.0):
                best[part.index] = part
        return JoinedBody(tuple(best[index] for index in sorted(best))) if best else None

    def holds(self, place: tuple[float, float, float]) -> bool:
        """Whether ``place``, indices (column, row, slice) of the working grid, lies in the box."""
        return bool((self.low <= place).all() and (place <= self.high).all())
