"""A vertebra of a real person, from its mask: a body and an arch that stand where the parametric ones do."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from orthoai.spine.genant import Heights
from orthoai.spine.heights import BAND_MM
from scipy import ndimage

from orthoai_training.spine_ct.body import Dent, Fracture, solved
from orthoai_training.spine_ct.profile import Profile, heights
from orthoai_training.spine_ct.shapes import Field

ROOT_MM = 2.5
"""So far behind the wall it is looked whether bone goes on."""


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
class RealBody:
    """The body of a real vertebra; lengths in mm after ``scale``.

    Attributes:
        grid: distances to the body's surface as it was, before ``scale``.
        top, bottom: (Y, X) z of its endplates on the grid's points, continued beyond the rim.
        depth, width, front, back: of the body as it is now, before a simulated fracture.
        scale: factor on the real size.
        bulge, retro, hollow, waist: as :class:`body.Body` has them; of a real body only ``hollow`` counts.
    """

    grid: Grid
    top: NDArray[np.float64]
    bottom: NDArray[np.float64]
    depth: float
    width: float
    front: float
    back: float
    scale: float = 1.0
    bulge: float = 0.0
    retro: float = 0.0
    hollow: float = 2.0
    dents: tuple[Dent, ...] = ()
    fracture: Fracture | None = None

    @property
    def height(self) -> float:
        """Mean of front and back before a fracture."""
        return (self.front + self.back) / 2

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

    def plates(self, x: Field, y: Field) -> tuple[Field, Field]:
        """z of the (upper, lower) endplate at ``x``, ``y``."""
        upper, lower = self._whole(x, y)
        s = y / self.depth + 0.5
        for dent in self.dents:
            pit = dent.pit(x, s, self.depth)
            upper, lower = (upper - pit, lower) if dent.upper else (upper, lower + pit)
        if self.fracture is not None:
            down, up = self.fracture.moves(x, s, self.width)
            upper, lower = upper - down, lower + up
        return upper, lower

    def _whole(self, x: Field, y: Field) -> tuple[Field, Field]:
        """The endplates as they were, scaled."""
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
        whole_upper, whole_lower = self._whole(x[:1], y[:1]) if _is_level(x, y) else self._whole(x, y)
        t = (z - lower) / np.maximum(upper - lower, 2.0)
        back = whole_lower + np.clip(t, 0, 1) * (whole_upper - whole_lower)
        back = back + np.maximum(z - upper, 0) + np.minimum(z - lower, 0)
        found = self.grid.at(x / self.scale, y / self.scale, (back / self.scale).astype(np.float32)) * self.scale
        return found.astype(np.float32), np.maximum(z - upper, lower - z).astype(np.float32)

    def profile(self) -> Profile:
        """The outline in the mid-sagittal plane."""
        y = np.linspace(-0.5, 0.5, 121) * self.depth
        x = np.linspace(-BAND_MM, BAND_MM, 11)[:, None]
        upper, lower = (plate.mean(axis=0) for plate in self.plates(x, y[None]))
        ends = np.array([[edge, (upper[n] + lower[n]) / 2] for edge, n in ((y[0], 0), (y[-1], -1))])
        return Profile(y, upper, lower, ends)

    def heights(self) -> Heights:
        """As :func:`profile.heights` defines them."""
        return heights(self.profile())

    def rims(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(z at the middle, slope dz/dy) of the line over the rims of the (upper, lower) endplate."""
        return self.profile().rims()

    def broken_to(self, wanted: Heights, fracture: Fracture) -> RealBody:
        """This body with ``fracture``'s amounts changed so that its heights are ``wanted`` to 0.01 mm."""
        return replace(self, fracture=solved(lambda f: replace(self, fracture=f).heights(), wanted, fracture))


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

    def root_distance(self, x: Field, y: Field, z: Field) -> Field:
        """mm to the bone that goes on behind the body."""
        return self.grid.at(x / self.scale, y / self.scale + ROOT_MM, z / self.scale) * self.scale

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
