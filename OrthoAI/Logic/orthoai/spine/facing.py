"""Does the back of a spine lie behind its bodies, as in every patient, or has a wrong header turned it to the front?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orthoai.spine.in_line import Located
from orthoai.spine.stack import OUTSIDE_HU, Stack, extent

NEAR_MM, FAR_MM = 28.0, 52.0
"""Distances from a body's center between which laminae and spinous process lie behind it."""

HALF_WIDTH_MM, HALF_HEIGHT_MM = 8.0, 14.0
"""Of the room in which they are looked for, to the side and upward."""

ARCH_HU = 200.0
"""Above lies bone, or contrast medium."""

LEAST_BONE = 0.04
"""Share of bone in that room, at least, behind a body: 0.06 and more in the spines that were looked at, simulated and
real, and 0.03 at most in front of them where no contrast medium was."""

FEWEST = 3
"""Bodies of which both sides must be shown: the arch of one or two may have been taken away."""


def seems_turned(bodies: Sequence[Located], stack: Stack) -> bool:
    """Whether most of ``bodies`` of the sagittal ``stack`` have bone in front of them and none behind.

    With contrast medium in the vessels a turned spine is not told, and a right one is never called turned.
    """
    shares = np.array([[_bone(body, stack, side) for side in (1, -1)] for body in bodies]).reshape(-1, 2)
    known = shares[~np.isnan(shares).any(axis=1)]
    if len(known) < FEWEST:
        return False
    behind, before = np.median(known, axis=0)
    return bool(behind < LEAST_BONE <= before)


def _bone(body: Located, stack: Stack, side: int) -> float:
    """Share of bone behind ``body`` (``side`` 1) or in front of it (-1); NaN where that was not scanned.

    The stack ends a little beyond the outermost bone: where the scan goes on, there is none.
    """
    column, row, index = body.center
    first, last = sorted(column + side * distance / stack.pixel_mm for distance in (NEAR_MM, FAR_MM))
    low, high = extent(stack.source)
    if not all(low[1] <= stack.grid.index_to_lps((end, row, index))[1] <= high[1] for end in (first, last)):
        return float("nan")
    height, width = HALF_HEIGHT_MM / stack.pixel_mm, HALF_WIDTH_MM / stack.slice_mm
    rows = slice(max(0, round(row - height)), round(row + height) + 1)
    slices = slice(max(0, round(index - width)), round(index + width) + 1)
    room = stack.hu[slices, rows, max(0, round(first)) : max(0, round(last) + 1)]
    if np.count_nonzero(room <= OUTSIDE_HU) > room.size / 2:
        return float("nan")
    planes, lines, _ = room.shape
    return float(np.count_nonzero(room > ARCH_HU) / (planes * lines * (last - first + 1)))
