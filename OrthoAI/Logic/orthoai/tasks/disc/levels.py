"""Which disc is which: boxes become a chain from the sacrum upward, and the chain gets names.

Lengths here are relative to the spacing of the discs themselves, so that a picture without a pixel size is named, too.
Positions are (row, column) times the pixel size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.detector import Detection
from orthoai.tasks.disc.labels import LUMBAR_LEVELS, SACRAL
from orthoai.tasks.disc.picture import PixelMm

NAMES = (*LUMBAR_LEVELS, "T12/L1", *(f"T{n}/T{n + 1}" for n in range(11, 0, -1)))
"""Discs from the sacrum upward."""

NO_SACRUM = "sacrum not visible: levels are assumed"
TRANSITIONAL = "transitional vertebra likely: check the levels"
GAP = "a disc in between was not found: levels above are counted past it"

SAME_DISC = 0.3
"""Intersection over union above which two boxes show one disc."""

STEEPEST = 1.0
"""Sideways over upward step between neighboring discs, at most; L4/L5 to L5/S1 reaches 0.6."""

SIDEWAYS_COST = 0.4
"""Of a step at STEEPEST, in units of a detection's score: a straight chain beats one through a false disc beside it."""

MISSED_GAP = 1.55
"""A gap this many times as long as its neighbors holds a missed disc; along a spine neighbors differ by 1.2 at most."""

SMALL_DISC, NEAR_DISC = 0.75, 0.85
"""A lowest disc smaller than this share of those above it, or nearer than this share of their spacing, is not as L5/S1
(0.89 and 0.93 at least in the boxed training patients of SPIDER); a disc that is both is S1/S2."""

SACRUM_SHARE = 0.5
"""The field must go on below the lowest disc by this share of the spacing to show that the sacrum is there."""


@dataclass(frozen=True)
class Levels:
    """A named chain.

    Attributes:
        discs: from the lowest upward; the label is the level's name.
        flags: what a reviewer should know about the names.
    """

    discs: tuple[Detection, ...]
    flags: tuple[str, ...] = ()

    def centers(self, pixel_mm: PixelMm) -> NDArray[np.float64]:
        """(n, 2) of (row, column) in mm from the slice's outer corner."""
        return _centers(self.discs, pixel_mm)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Place of each disc counted from L5/S1 = 0 upward; S1/S2 is -1."""
        return tuple(number_of(disc.label) for disc in self.discs)


def number_of(name: str) -> int:
    """Place of a level counted from L5/S1 = 0 upward; S1/S2 is -1. Raises ValueError for another word."""
    return -1 if name == SACRAL else NAMES.index(name)


def name_levels(found: Sequence[Detection], pixel_mm: PixelMm, height: int, vertebra_below: bool = False) -> Levels:
    """Names for the discs among ``found``; boxes off the spine and doubles are left out.

    Args:
        found: boxes of discs in a slice, in any order.
        pixel_mm: (row, column); any unit will do.
        height: rows of the slice.
        vertebra_below: whether a vertebra, not the sacrum, is known to lie below the lowest disc.
    """
    discs = chain(found, pixel_mm)
    if not discs:
        return Levels(())
    flags: list[str] = []
    steps = _steps(discs, pixel_mm)
    first, doubtful = _lowest(discs, steps)
    numbers = [first, *(first + int(count) for count in np.cumsum([_discs_apart(steps, n) for n in range(len(steps))]))]
    if len(numbers) > 1 and numbers[-1] - numbers[0] >= len(numbers):
        flags.append(GAP)
    if vertebra_below or _is_cut(discs[0], steps, height, pixel_mm):
        flags.append(NO_SACRUM)
    elif doubtful:
        flags.append(TRANSITIONAL)
    named = [
        replace(disc, label=SACRAL if number < 0 else NAMES[number])
        for disc, number in zip(discs, numbers, strict=True)
        if number < len(NAMES)
    ]
    return Levels(tuple(named), tuple(flags))


def chain(found: Sequence[Detection], pixel_mm: PixelMm) -> list[Detection]:
    """The discs that follow each other along one spine, from the lowest upward: the chain with the best total score."""
    discs = _distinct(found)
    discs.sort(key=lambda box: -(box.y0 + box.y1))
    places = _centers(discs, pixel_mm)
    totals = [box.score for box in discs]
    previous = [-1] * len(discs)
    for upper in range(len(discs)):
        for lower in range(upper):
            down, across = np.abs(places[lower] - places[upper])
            slope = across / down if down > 0 else np.inf
            total = totals[lower] + discs[upper].score - SIDEWAYS_COST * (slope / STEEPEST) ** 2
            if slope <= STEEPEST and total > totals[upper]:
                totals[upper], previous[upper] = total, lower
    picked = []
    at = int(np.argmax(totals)) if discs else -1
    while at >= 0:
        picked.append(discs[at])
        at = previous[at]
    return picked[::-1]


def spacing(discs: Sequence[Detection], pixel_mm: PixelMm, numbers: Sequence[int] | None = None) -> float | None:
    """Median distance of neighboring discs' centers, in the unit of ``pixel_mm``; None for fewer than two.

    Args:
        discs: from the lowest upward.
        numbers: place of each disc in the spine; None where each follows the one before it.
    """
    if len(discs) < 2:
        return None
    apart = 1 if numbers is None else np.diff(numbers)
    return float(np.median(_steps(discs, pixel_mm) / apart))


def _distinct(found: Sequence[Detection]) -> list[Detection]:
    kept: list[Detection] = []
    for box in sorted(found, key=lambda box: -box.score):
        if all(box.iou(other) < SAME_DISC for other in kept):
            kept.append(box)
    return kept


def _centers(discs: Sequence[Detection], pixel_mm: PixelMm) -> NDArray[np.float64]:
    rows_columns = [((box.y0 + box.y1) / 2 * pixel_mm[0], (box.x0 + box.x1) / 2 * pixel_mm[1]) for box in discs]
    return np.array(rows_columns, dtype=np.float64).reshape(-1, 2)


def _steps(discs: Sequence[Detection], pixel_mm: PixelMm) -> NDArray[np.float64]:
    """Distance of each disc to the next one above."""
    return np.linalg.norm(np.diff(_centers(discs, pixel_mm), axis=0), axis=1)


def _discs_apart(steps: NDArray[np.float64], n: int) -> int:
    """How many discs up the step ``n`` leads: 1, or more where it is long beside the steps around it."""
    around = np.delete(steps[max(0, n - 2) : n + 3], min(n, 2))
    if around.size == 0:
        return 1
    ratio = steps[n] / np.median(around)
    return max(1, round(float(ratio))) if ratio > MISSED_GAP else 1


def _lowest(discs: Sequence[Detection], steps: NDArray[np.float64]) -> tuple[int, bool]:
    """Number of the lowest disc (0 for L5/S1, -1 for S1/S2), and whether a transitional vertebra is likely."""
    if len(discs) < 3:
        return 0, False
    above = float(np.median([box.x1 - box.x0 for box in discs[1:4]]))
    is_small = discs[0].x1 - discs[0].x0 < SMALL_DISC * above
    is_near = steps[0] < NEAR_DISC * float(np.median(steps[1:4]))
    return (-1 if is_small and is_near else 0), bool(is_small or is_near)


def _is_cut(lowest: Detection, steps: NDArray[np.float64], height: int, pixel_mm: PixelMm) -> bool:
    step = float(np.median(steps)) if steps.size else (lowest.x1 - lowest.x0) * pixel_mm[1]
    return (height - (lowest.y0 + lowest.y1) / 2) * pixel_mm[0] < SACRUM_SHARE * step
