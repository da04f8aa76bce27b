"""A parametric lumbar spine: discs and vertebrae from the sacrum upward, each in the sagittal plane of the body.

Coordinates are mm: y to the back, z upward, x to the left, from the middle of S1's upper endplate. A surface's slope is
how far it rises toward the back, in radians. Sizes and slopes are those of adults (height of L1 to L5 27 mm to 29 mm,
depth 33 mm to 36 mm, slope of the sacrum 36 to 50 degrees).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from orthoai.tasks.disc.levels import NAMES

from orthoai_training.turn_2d import turn_2d

Points = NDArray[np.float64]

DISC_COUNT = 8
"""L5/S1 to T10/T11: what a lumbar field of view holds at most."""

SLOPES = np.deg2rad([42.0, 25.0, 12.0, 3.0, -5.0, -11.0, -15.0, -17.0, -18.0])
"""Of the upper endplates of S1, L5, L4 ... T11, typical; a random spine has all of them times a factor."""

DISC_SHARE = 0.75
"""Part of the angle between neighboring upper endplates that the disc takes; the vertebra takes the rest."""

DISC_HEIGHTS = (9.5, 11.0, 10.5, 9.5, 8.5, 7.0, 6.0, 5.5)
"""In the middle, of healthy discs."""

HEIGHT_KEPT = {1: 1.0, 2: 0.95, 3: 0.88, 4: 0.72, 5: 0.42}
"""Part of a disc's height that is left by Pfirrmann grade."""

BODY_HEIGHTS = (28.0, 28.5, 28.5, 28.0, 27.0, 26.0, 25.0, 24.0)
"""Of L5, L4 ... T10."""

BODY_DEPTHS = (35.0, 35.5, 35.0, 34.5, 33.5, 32.0, 30.5, 30.0)

WIDTH_OVER_DEPTH = 1.35

HOLLOW_MM = 0.8
"""Depth of each endplate's hollow."""

HERNIATION_WIDTH_MM = 7.0
"""Sideways reach of a herniation: where it has fallen to 1/e."""


@dataclass(frozen=True)
class Disc:
    """One disc.

    Attributes:
        level: such as "L5/S1".
        center, slope: of its own axes: u to the back along the slope, v upward across it.
        wedge: angle between its endplates, radians; positive opens to the front.
        height, half_depth: of the middle without the hollows, and half its length.
        grade: Pfirrmann, 1 to 5.
        bulge: beyond the line between the endplates' posterior corners, mm, all around the back.
        herniation: further beyond it, mm, around ``side``; 0 for none.
        side: x of the herniation.
    """

    level: str
    center: tuple[float, float]
    slope: float
    wedge: float
    height: float
    half_depth: float
    grade: int
    bulge: float
    herniation: float
    side: float

    def height_at(self, u: float) -> float:
        """Between the endplates, hollows included, at ``u`` mm behind the center."""
        hollow = 2 * HOLLOW_MM * max(0.0, 1 - (u / self.half_depth) ** 2)
        return self.height - 2 * u * float(np.tan(self.wedge / 2)) + hollow

    def reach_at(self, x: float) -> float:
        """How far the back of the disc reaches beyond the line between the endplates at ``x``, mm."""
        return self.bulge + self.herniation * float(np.exp(-(((x - self.side) / HERNIATION_WIDTH_MM) ** 2)))

    def place(self, uv: Points) -> Points:
        """Points (n, 2) of the disc's own axes in the body's y, z."""
        return placed(uv, self.center, self.slope)

    def endplate(self, upper: bool, half_depth: float) -> Points:
        """Points (n, 2) of y, z along an endplate from front to back; the disc and its vertebra share them."""
        u = np.linspace(-half_depth, half_depth, 13)
        side = 1.0 if upper else -1.0
        v = [side * self.height_at(float(value) * self.half_depth / half_depth) / 2 for value in u]
        return self.place(np.stack([u, v], axis=1))


@dataclass(frozen=True)
class Spine:
    """Discs from L5/S1 upward; vertebra n lies between discs n and n + 1, so that L5 is 0.

    Attributes:
        sacral_slope: of S1's upper endplate, radians.
        canal_mm: depth of the canal.
        cord_end: number of the disc at which the cord ends.
        middle: x of the mid-sagittal plane in the scanner.
    """

    discs: tuple[Disc, ...]
    sacral_slope: float
    canal_mm: float
    cord_end: int
    middle: float


def placed(uv: Points, center: ArrayLike, slope: float) -> Points:
    """Points (n, 2) of u to the back, v up in axes that rise to the back by ``slope``, in y, z."""
    return uv @ turn_2d(-slope) + np.asarray(center)


def random_spine(random: np.random.Generator, grades: tuple[int, ...] | None = None) -> Spine:
    """A random adult's spine.

    Args:
        random: the only source of chance.
        grades: Pfirrmann grades of the discs from L5/S1 upward; random where None.
    """
    lordosis, size = random.uniform(0.9, 1.2), random.uniform(0.92, 1.08)
    slopes = SLOPES * lordosis + np.deg2rad(random.normal(0, 1.5, len(SLOPES)))
    point = np.zeros(2)
    discs: list[Disc] = []
    for number in range(DISC_COUNT):
        grade = grades[number] if grades else int(random.choice([1, 2, 3, 4, 5], p=[0.2, 0.3, 0.25, 0.17, 0.08]))
        below, above = float(slopes[number]), float(slopes[number + 1])
        height = DISC_HEIGHTS[number] * HEIGHT_KEPT[grade] * size * random.uniform(0.92, 1.08)
        half_depth = BODY_DEPTHS[number] / 2 * size
        # A worn disc has lost its wedge with its height: its posterior edges must not touch.
        wedge = min(DISC_SHARE * (below - above), 2 * float(np.arctan(0.28 * height / half_depth)))
        slope = below - wedge / 2
        center = point + height / 2 * np.array([-np.sin(slope), np.cos(slope)])
        bulge, herniation, side = _prolapse(grade, number, random)
        place = (float(center[0]), float(center[1]))
        discs.append(Disc(NAMES[number], place, slope, wedge, height, half_depth, grade, bulge, herniation, side))
        body_slope = (slope - wedge / 2 + above) / 2
        top = center + height / 2 * np.array([-np.sin(slope), np.cos(slope)])
        point = top + BODY_HEIGHTS[number] * size * np.array([-np.sin(body_slope), np.cos(body_slope)])
    return Spine(
        discs=tuple(discs),
        sacral_slope=float(slopes[0]),
        canal_mm=float(random.uniform(14.0, 18.0)) * size,
        cord_end=int(random.integers(4, 6)),
        middle=float(random.uniform(-5.0, 5.0)),
    )


def _prolapse(grade: int, number: int, random: np.random.Generator) -> tuple[float, float, float]:
    """Bulge, herniation and its side: worn discs bulge more often, the lowest two herniate."""
    bulge = float(random.uniform(1.8, 3.8)) if random.random() < 0.14 * grade else float(random.uniform(0.0, 0.4))
    if grade >= 3 and number < 2 and random.random() < 0.35:
        return bulge, float(random.uniform(4.0, 7.0)), float(random.uniform(-3.0, 3.0))
    return bulge, 0.0, 0.0
