"""A vertebral body: endplates as height fields, and walls around them.

Frame of a vertebra: mm, x to the left, y posterior, z cranial, from the body's center. ``s`` runs over the depth from 0
at the front to 1 at the back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orthoai_training.spine_ct.morphometry import Level
from orthoai_training.spine_ct.shapes import Field
from orthoai_training.spine_ct.vertebral_body import VertebralBody

CORNER_MM = 2.0
"""Width of the rounding between endplates and walls."""

HINGE = 0.15
"""Share of the depth by which the waist's center lies behind the body's middle: the back wall curves less."""


@dataclass(frozen=True)
class Body(VertebralBody):
    """A parametric body; ``front`` and ``back`` include the rims.

    Attributes:
        dish: depth of the hollow of the (upper, lower) endplate; ``dish_at`` its place over the depth.
        waist: share by which the walls draw in half way up.
    """

    dish: tuple[float, float] = (1.0, 1.2)
    dish_at: tuple[float, float] = (0.52, 0.58)
    waist: float = 0.07

    @classmethod
    def of_level(cls, level: Level, scale: float, rng: np.random.Generator, vary: float = 1.0) -> Body:
        """A normal body of ``level`` in a person of size ``scale``, with individual variation ``vary``."""
        own = scale * (1 + vary * float(np.clip(rng.normal(0, 0.015), -0.03, 0.03)))
        back = level.posterior * own * (1 + vary * float(np.clip(rng.normal(0, 0.02), -0.035, 0.035)))
        ratio = level.ratio + vary * float(np.clip(rng.normal(0, 0.03), -0.06, 0.05))
        size = level.posterior * own
        return cls(
            depth=level.depth * own,
            width=level.width * own,
            front=back * ratio,
            back=back,
            dish=(size * float(rng.uniform(0.02, 0.06)), size * float(rng.uniform(0.03, 0.075))),
            dish_at=(float(rng.uniform(0.46, 0.6)), float(rng.uniform(0.5, 0.66))),
            waist=float(rng.uniform(0.05, 0.11)),
            hollow=float(rng.uniform(1.0, 2.6)),
        )

    def whole_plates(self, x: Field, y: Field) -> tuple[Field, Field]:
        """z of the (upper, lower) endplate at ``x``, ``y`` before anything happened to it."""
        s = y / self.depth + 0.5
        half = (self.front + (self.back - self.front) * s) / 2
        upper = half - self.dish[0] * self._dish(x, s, self.dish_at[0])
        lower = -half + self.dish[1] * self._dish(x, s, self.dish_at[1])
        return upper, lower

    def _dish(self, x: Field, s: Field, at: float) -> Field:
        away = ((s - at) / 0.46) ** 2 + (x / (0.46 * self.width)) ** 2
        return np.clip(1 - away, 0, None) ** 1.5

    def _girth(self, t: Field) -> Field:
        """Factor on the outline at ``t`` of the way from the lower to the upper endplate."""
        middle = 4 * np.clip(t, 0, 1) * (1 - np.clip(t, 0, 1))
        return 1 + (self.bulge - self.waist) * middle

    def _pushed(self, t: Field) -> Field:
        return self.retro * np.exp(-(((t - 0.75) / 0.28) ** 2))

    def distance(self, x: Field, y: Field, z: Field) -> tuple[Field, Field]:
        """(signed distance in mm to the surface, negative inside; that to the nearer endplate), first order."""
        upper, lower = self.plates(x, y)
        room = np.maximum(upper - lower, 2.0)
        t = (z - lower) / room
        to_plate = np.maximum(z - upper, lower - z)
        if self.retro:
            y = y - self._pushed(t) * np.clip(y / self.depth + 0.5, 0, 1) ** 2
        girth, hinge = self._girth(t), HINGE * self.depth
        x, y = x / girth, hinge + (y - hinge) / girth
        middle, half = self.hollow / 2, (self.depth + self.hollow) / 2
        u, v = np.abs(x) / (self.width / 2), np.abs(y - middle) / half
        radius = (u**2.4 + v**2.4) ** (1 / 2.4)
        outline = (1 - 1 / np.maximum(radius, 1e-3)) * np.hypot(x, y - middle)
        back = y - self.depth / 2 - self.hollow * (1 - np.exp(-((x / (0.2 * self.width)) ** 2)))
        wall = np.maximum(np.maximum(outline, back), -half)
        return _rounded(wall, to_plate), to_plate

    def walls(
        self, y: NDArray[np.float64], upper: NDArray[np.float64], lower: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """(M, 2) points (y, z) of the walls in the mid-sagittal plane, whose endplates are ``upper`` and ``lower``."""
        t = np.linspace(0.05, 0.95, 19)
        hinge = HINGE * self.depth
        walls = []
        for edge, pushed in ((-self.depth / 2, 0.0), (self.depth / 2, 1.0)):
            along = hinge + (edge - hinge) * self._girth(t) + pushed * self._pushed(t)
            low, high = np.interp(along, y, lower), np.interp(along, y, upper)
            walls.append(np.stack([along, low + t * (high - low)], axis=1))
        return np.concatenate(walls)

    def resized(self, by: float) -> Body:
        """The same shape, ``by`` times as large."""
        return replace(self, front=self.front * by, back=self.back * by, depth=self.depth * by, width=self.width * by)

    def weakened(self, bulge: float, retro: float) -> Body:
        """The same body with walls that have given way."""
        return replace(self, waist=self.waist * 0.6, bulge=bulge, retro=retro)


def _rounded(first: Field, second: Field) -> Field:
    """Maximum whose edge is rounded."""
    h = np.clip(0.5 + 0.5 * (first - second) / CORNER_MM, 0, 1)
    return second + (first - second) * h + CORNER_MM * h * (1 - h)
