"""The two endplates of a vertebral body over its depth, and where its heights are read from them.

Rims are round in people, a wedge's lower back rim the more so: read in the mask there, a body is too low. Six-point
morphometry (Genant et al. 1993) is about the endplates, so each is carried on over its rim from where it still is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.spine.body_frame import Columns
from orthoai.spine.spans import BAND_MM, Spans

SITES = (0.1, 0.5, 0.9)
"""Share of the depth, from the front, of the anterior, middle and posterior height."""

WINDOW_MM = (0.5, 5.0)
"""The anterior and the posterior height are read from a line through each endplate from so far outside of their site to
so far inside, so that the pixels' steps average out."""

LEAST_WAY = -WINDOW_MM[1] / 2
"""So far along that window at least an endplate is read, whatever it does."""

MIDDLE_MM = 1.0
"""The middle one is read from a line from so far in front of its site to so far behind."""

INWARD, INWARD_MM = 0.4, 2.25
"""Slope toward the body's middle, and over how many mm, from which on an endplate has turned into a rounded rim, which
is left out. The front of a wedge is less steep: half of its fall is each plate's."""


@dataclass(frozen=True, eq=False)
class Endplates:
    """Both endplates in the middle 10 mm from left to right.

    Attributes:
        y: (N,) mm from front to back, where half of the columns or more belong to the body.
        outward: (2, N) mm of the upper one above, and of the lower one below, the frame's middle.
    """

    y: NDArray[np.float64]
    outward: NDArray[np.float64]

    @classmethod
    def of(cls, columns: Columns) -> Endplates:
        """Averaged over the band of ``columns``."""
        band = np.abs(columns.x) <= BAND_MM
        filled = columns.filled[band]
        seen = 2 * filled.sum(axis=0) >= len(filled)
        both = np.stack([columns.upper[band], -columns.lower[band]])
        sums = np.where(filled, both, 0.0).sum(axis=1)
        return cls(columns.y[seen], sums[:, seen] / filled.sum(axis=0)[seen])

    def ends(self, spans: Spans, site: float) -> tuple[float, float]:
        """z in mm of the (lower, upper) endplate at ``site``, one of SITES; NaN where they are not seen there."""
        place = spans.site(site)
        seen = (self.y >= spans.first) & (self.y <= spans.last)
        if site == SITES[1]:
            near = seen & (np.abs(self.y - place) <= MIDDLE_MM)
            upper, lower = (_at_zero(self.y[near] - place, plate[near]) for plate in self.outward)
            return -lower, upper
        outside, inside = WINDOW_MM
        # Way toward the rim, rising from inside.
        outward = slice(None, None, 1 if site > SITES[1] else -1)
        way = np.sign(site - SITES[1]) * (self.y - place)[outward]
        near = seen[outward] & (way >= -inside) & (way <= outside)
        upper, lower = (_carried_on(way[near], plate[outward][near]) for plate in self.outward)
        return -lower, upper


def _carried_on(way: NDArray[np.float64], plate: NDArray[np.float64]) -> float:
    """``plate`` at 0 on the ``way`` outward, from the line through it as far as it does not turn inward.

    Where it does, it is carried on no further outward than it was seen: behind a lip the line would rise too high.
    """
    count = way.size
    while count and way[count - 1] > LEAST_WAY:
        inner = int(np.searchsorted(way, way[count - 1] - INWARD_MM - 1e-6))
        if plate[inner] - plate[count - 1] <= INWARD * (way[count - 1] - way[inner]):
            break
        count -= 1
    found = _at_zero(way[:count], plate[:count])
    return found if count == way.size else min(found, float(plate.max()))


def _at_zero(way: NDArray[np.float64], plate: NDArray[np.float64]) -> float:
    """``plate`` at 0 on the ``way``, from the line through it; NaN where there is none."""
    if not way.size:
        return float("nan")
    if np.ptp(way) < 1.0:
        return float(plate.mean())
    return float(np.polyfit(way, plate, 1)[1])
