"""A vertebral body: endplates as height fields, walls around them, and a fracture that moves the endplates.

Frame of a vertebra: mm, x to the left, y posterior, z cranial, from the body's center. ``s`` runs over the depth from 0
at the front to 1 at the back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from orthoai.spine.genant import Heights
from orthoai.spine.heights import BAND_MM

from orthoai_training.spine_ct.morphometry import Level
from orthoai_training.spine_ct.profile import Profile, heights
from orthoai_training.spine_ct.shapes import Field

LEAST_MOVE_MM = -1.2
"""A plate that tilts about its back edge rises there by no more than this."""

CORNER_MM = 2.0
"""Width of the rounding between endplates and walls."""

HINGE = 0.15
"""Share of the depth by which the waist's center lies behind the body's middle: the back wall curves less."""


@dataclass(frozen=True)
class Dent:
    """A Schmorl node: a round pit in an endplate; x and s of its center, radius and depth in mm."""

    upper: bool
    x: float
    s: float
    radius: float
    depth: float

    def pit(self, x: Field, s: Field, body_depth: float) -> Field:
        """How deep it is, in mm, at ``x`` and ``s`` of a body ``body_depth`` mm deep."""
        away = np.hypot(x - self.x, (s - self.s) * body_depth) / self.radius
        pit: Field = self.depth * np.exp(-(away**3))
        return pit


@dataclass(frozen=True)
class Fracture:
    """How far the endplates of a broken body have come together, in mm.

    Attributes:
        anterior, posterior: of a plane tilt, at the sites of these heights.
        middle: of a bowl in the middle.
        upper: share of the tilt that the upper endplate takes; ``upper_bowl`` that of the bowl.
        center, extent: of the bowl, as a share of the depth.
        power: above 1 the front gives way more steeply.
        lateral: relative difference between the sides.
    """

    anterior: float
    middle: float
    posterior: float
    upper: float = 0.7
    upper_bowl: float = 0.6
    center: float = 0.5
    extent: float = 0.32
    power: float = 1.0
    lateral: float = 0.0

    def basis(self, s: Field) -> tuple[Field, Field, Field]:
        """Shape of the anterior, the middle and the posterior part over the depth."""
        q = np.clip((s - 0.1) / 0.8, -0.3, 1.3)
        # Behind the hinge the plate goes on as it tilts, so that it has no edge there.
        front = np.sign(1 - q) * np.abs(1 - q) ** self.power
        return front, np.exp(-((np.abs(s - self.center) / self.extent) ** 2.5)), q

    def moves(self, x: Field, s: Field, width: float) -> tuple[Field, Field]:
        """mm that the (upper, lower) endplate moves inward."""
        front, bowl, back = self.basis(s)
        side = 1 + self.lateral * x * (2 / width)
        tilt = np.maximum(self.anterior * front + self.posterior * back, LEAST_MOVE_MM) * side
        sag = self.middle * bowl * np.exp(-(np.abs(x / (0.38 * width)) ** 3)) * side
        return self.upper * tilt + self.upper_bowl * sag, (1 - self.upper) * tilt + (1 - self.upper_bowl) * sag


@dataclass(frozen=True)
class Body:
    """Size and shape in mm.

    Attributes:
        depth, width: of the endplates.
        front, back: heights before a fracture, rims included.
        dish: depth of the hollow of the (upper, lower) endplate; ``dish_at`` its place over the depth.
        waist: share by which the walls draw in half way up.
        hollow: mm by which the back wall is hollowed toward the canal.
        bulge: share by which the walls of a broken body come out.
        retro: mm by which a broken body's back upper edge enters the canal.
    """

    depth: float
    width: float
    front: float
    back: float
    dish: tuple[float, float] = (1.0, 1.2)
    dish_at: tuple[float, float] = (0.52, 0.58)
    waist: float = 0.07
    hollow: float = 2.0
    bulge: float = 0.0
    retro: float = 0.0
    dents: tuple[Dent, ...] = ()
    fracture: Fracture | None = None

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

    @property
    def height(self) -> float:
        """Mean of front and back before a fracture."""
        return (self.front + self.back) / 2

    def plates(self, x: Field, y: Field) -> tuple[Field, Field]:
        """z of the (upper, lower) endplate at ``x``, ``y``."""
        s = y / self.depth + 0.5
        half = (self.front + (self.back - self.front) * s) / 2
        upper, lower = half, -half
        upper = upper - self.dish[0] * self._dish(x, s, self.dish_at[0])
        lower = lower + self.dish[1] * self._dish(x, s, self.dish_at[1])
        for dent in self.dents:
            pit = dent.pit(x, s, self.depth)
            upper, lower = (upper - pit, lower) if dent.upper else (upper, lower + pit)
        if self.fracture is not None:
            down, up = self.fracture.moves(x, s, self.width)
            upper, lower = upper - down, lower + up
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

    def profile(self) -> Profile:
        """The outline in the mid-sagittal plane."""
        y = np.linspace(-0.5, 0.5, 121) * self.depth
        x = np.linspace(-BAND_MM, BAND_MM, 11)[:, None]
        upper, lower = (plate.mean(axis=0) for plate in self.plates(x, y[None]))
        t = np.linspace(0.05, 0.95, 19)
        hinge = HINGE * self.depth
        walls = []
        for edge, pushed in ((-self.depth / 2, 0.0), (self.depth / 2, 1.0)):
            along = hinge + (edge - hinge) * self._girth(t) + pushed * self._pushed(t)
            low, high = np.interp(along, y, lower), np.interp(along, y, upper)
            walls.append(np.stack([along, low + t * (high - low)], axis=1))
        return Profile(y, upper, lower, np.concatenate(walls))

    def heights(self) -> Heights:
        """As :func:`profile.heights` defines them."""
        return heights(self.profile())

    def rims(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(z at the middle, slope dz/dy) of the line over the rims of the (upper, lower) endplate."""
        return self.profile().rims()

    def broken_to(self, wanted: Heights, fracture: Fracture) -> Body:
        """This body with ``fracture``'s amounts changed so that its heights are ``wanted`` to 0.01 mm."""
        return replace(self, fracture=solved(lambda f: replace(self, fracture=f).heights(), wanted, fracture))

    def resized(self, by: float) -> Body:
        """The same shape, ``by`` times as large."""
        return replace(self, front=self.front * by, back=self.back * by, depth=self.depth * by, width=self.width * by)

    def weakened(self, bulge: float, retro: float) -> Body:
        """The same body with walls that have given way."""
        return replace(self, waist=self.waist * 0.6, bulge=bulge, retro=retro)


def solved(measured: Callable[[Fracture], Heights], wanted: Heights, fracture: Fracture) -> Fracture:
    """``fracture`` with the amounts that make the heights ``wanted``, by Newton's method."""
    basis = np.stack(fracture.basis(np.asarray((0.1, 0.5, 0.9))), axis=1)
    for _ in range(12):
        off = np.asarray(measured(fracture)) - np.asarray(wanted)
        if np.abs(off).max() < 0.01:
            break
        front, middle, back = np.array([fracture.anterior, fracture.middle, fracture.posterior]) + np.linalg.solve(
            basis, off
        )
        fracture = replace(fracture, anterior=float(front), middle=float(middle), posterior=float(back))
    return fracture


def _rounded(first: Field, second: Field) -> Field:
    """Maximum whose edge is rounded."""
    h = np.clip(0.5 + 0.5 * (first - second) / CORNER_MM, 0, 1)
    return second + (first - second) * h + CORNER_MM * h * (1 - h)
