"""A vertebra of a real person, from its mask: a body and an arch that stand where the parametric ones do."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from orthoai_training.spine_ct.endplate_moves import Dent
from orthoai_training.spine_ct.shapes import Field
from orthoai_training.spine_ct.vertebral_body import VertebralBody

HUMP_MM, HUMP_RADIUS_MM = 0.6, (6.0, 14.0)
"""Standard deviation of the depth of humps and hollows that tell people's endplates apart, and their radius."""

EVERYWHERE_MM = 1e4
"""Radius of a move of a whole endplate."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Signed distances (Z, Y, X) in mm in a vertebra's frame, from ``low`` (x, y, z) on, every ``step`` mm."""

    values: NDArray[np.float32]
    low: tuple[float, float, float]
    step: float

    def at(self, x: Field, y: Field, z: Field) -> Field:
        """Read linearly; beyond the border the border's value and the way to it."""
        index, beyond = [], np.zeros_like(x)
        for place, low, count in zip((z, y, x), self.low[::-1], self.values.shape, strict=True):
            own = (place - low) / self.step
            inside = np.clip(own, 0, count - 1)
            beyond = np.maximum(beyond, np.abs(own - inside) * self.step)
            index.append(inside)
        found = ndimage.map_coordinates(self.values, np.stack(np.broadcast_arrays(*index)), order=1, mode="nearest")
        return found + beyond

    @property
    def high(self) -> tuple[float, float, float]:
        """The last point (x, y, z)."""
        k, j, i = self.values.shape
        x, y, z = self.low
        return x + (i - 1) * self.step, y + (j - 1) * self.step, z + (k - 1) * self.step


@dataclass(frozen=True, eq=False)
class RealBody(VertebralBody):
    """The body of a real vertebra; of ``bulge``, ``retro`` and ``hollow`` only ``hollow`` counts.

    Attributes:
        grid: distances to the body's surface as it was, before ``scale``.
        top, bottom: (Y, X) z of its endplates on the grid's points, continued beyond the rim.
        scale: factor on the real size.
        relief: by which its endplates differ from those of the person whom it comes from; negative depths are humps.
    """

    grid: Grid
    top: NDArray[np.float64]
    bottom: NDArray[np.float64]
    scale: float = 1.0
    relief: tuple[Dent, ...] = ()

    def resized(self, by: float) -> RealBody:
        """The same shape, ``by`` times as large."""
        return replace(
            self,
            scale=self.scale * by,
            depth=self.depth * by,
            width=self.width * by,
            front=self.front * by,
            back=self.back * by,
        )

    def weakened(self, bulge: float, retro: float) -> RealBody:
        """A real wall stays as it is."""
        return self

    def varied(self, stretch: float, rng: np.random.Generator, amount: float = 1.0) -> RealBody:
        """The body of somebody else, as far as endplates go: higher by ``stretch`` of its height, and of other relief.

        Args:
            amount: factor on the relief; 0 for none.
        """
        lift = tuple(Dent(upper, 0.0, 0.5, EVERYWHERE_MM, -stretch * self.height / 2) for upper in (True, False))
        relief = tuple(self._hump(upper, rng, amount) for upper in (True, True, False, False))
        by = 1 + stretch
        return replace(self, relief=(*lift, *relief), front=self.front * by, back=self.back * by)

    def _hump(self, upper: bool, rng: np.random.Generator, amount: float) -> Dent:
        return Dent(
            upper=upper,
            x=float(rng.uniform(-0.3, 0.3)) * self.width,
            s=float(rng.uniform(0.15, 0.85)),
            radius=float(rng.uniform(*HUMP_RADIUS_MM)),
            depth=amount * float(np.clip(rng.normal(0, HUMP_MM), -2 * HUMP_MM, 2 * HUMP_MM)),
        )

    def whole_plates(self, x: Field, y: Field) -> tuple[Field, Field]:
        """z of the (upper, lower) endplate at ``x``, ``y`` before anything happened to it."""
        upper, lower = self._given_plates(x, y)
        for hump in self.relief:
            pit = hump.pit(x, y / self.depth + 0.5, self.depth)
            upper, lower = (upper - pit, lower) if hump.upper else (upper, lower + pit)
        return upper, lower

    def _given_plates(self, x: Field, y: Field) -> tuple[Field, Field]:
        """z of the (upper, lower) endplate at ``x``, ``y`` in the person whom it comes from."""
        low, step = self.grid.low, self.grid.step
        index = np.stack(np.broadcast_arrays((y / self.scale - low[1]) / step, (x / self.scale - low[0]) / step))
        upper, lower = (
            ndimage.map_coordinates(plate, index, order=1, mode="nearest") * self.scale
            for plate in (self.top, self.bottom)
        )
        return upper, lower

    def distance(self, x: Field, y: Field, z: Field) -> tuple[Field, Field]:
        """(signed distance in mm to the surface, negative inside; that to the nearer endplate), first order."""
        upper, lower = self.plates(x[:1], y[:1]) if _is_level(x, y) else self.plates(x, y)
        whole_upper, whole_lower = self._given_plates(x[:1], y[:1]) if _is_level(x, y) else self._given_plates(x, y)
        t = (z - lower) / np.maximum(upper - lower, 2.0)
        back = whole_lower + np.clip(t, 0, 1) * (whole_upper - whole_lower)
        back = back + np.maximum(z - upper, 0) + np.minimum(z - lower, 0)
        found = self.grid.at(x / self.scale, y / self.scale, (back / self.scale).astype(np.float32)) * self.scale
        return found.astype(np.float32), np.maximum(z - upper, lower - z).astype(np.float32)

    def walls(
        self, y: NDArray[np.float64], upper: NDArray[np.float64], lower: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """(M, 2) points (y, z) of the walls in the mid-sagittal plane, whose endplates are ``upper`` and ``lower``."""
        return np.array([[edge, (upper[n] + lower[n]) / 2] for edge, n in ((y[0], 0), (y[-1], -1))])


def _is_level(x: Field, y: Field) -> bool:
    """Whether x and y are the same in every slice, so that endplates need to be read only once."""
    return bool(x.shape[0] > 1 and np.allclose(x[0], x[-1], atol=1e-3) and np.allclose(y[0], y[-1], atol=1e-3))


@dataclass(frozen=True, eq=False)
class RealArch:
    """The posterior arch of a real vertebra; ``canal`` and ``canal_y`` as :class:`arch.Arch` has them.

    Attributes:
        grid: distances to the whole vertebra.
        wall: y of the body's back wall at each x of the grid; the arch is what lies behind it.
    """

    grid: Grid
    wall: NDArray[np.float64]
    canal: tuple[float, float]
    canal_y: float
    scale: float = 1.0

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """mm to the arch's surface."""
        whole = self.grid.at(x / self.scale, y / self.scale, z / self.scale) * self.scale
        at = self.grid.low[0] + np.arange(self.wall.size) * self.grid.step
        wall = np.interp(x / self.scale, at, self.wall) * self.scale
        distance: Field = np.maximum(whole, wall - 0.5 - y).astype(np.float32)
        return distance

    def canal_distance(self, x: Field, y: Field) -> Field:
        """mm to the spinal canal, an elliptic cylinder along the frame's z."""
        radius = np.hypot(x / self.canal[0], (y - self.canal_y) / self.canal[1])
        distance: Field = (radius - 1) * min(self.canal)
        return distance

    def resized(self, by: float) -> RealArch:
        """The same shape, ``by`` times as large."""
        return replace(
            self,
            scale=self.scale * by,
            canal=(self.canal[0] * by, self.canal[1] * by),
            canal_y=self.canal_y * by,
        )

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Box (low, high) of all of it in the vertebra's frame."""
        return np.asarray(self.grid.low) * self.scale, np.asarray(self.grid.high) * self.scale
