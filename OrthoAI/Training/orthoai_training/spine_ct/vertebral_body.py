"""What a parametric and a real vertebral body have in common: endplates that pits and fractures move, and heights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from orthoai.spine.genant import Heights
from orthoai.spine.spans import BAND_MM

from orthoai_training.spine_ct.endplate_moves import Dent, Fracture, solved
from orthoai_training.spine_ct.profile import Profile, heights
from orthoai_training.spine_ct.shapes import Field


@dataclass(frozen=True, eq=False, kw_only=True)
class VertebralBody(ABC):
    """A body in its vertebra's frame (see ``body.py``); lengths in mm.

    Attributes:
        depth, width: front to back and left to right, in the middle.
        front, back: height there before a fracture.
        hollow: mm by which the back wall is hollowed toward the canal.
        bulge: share by which the walls of a broken body come out.
        retro: mm by which a broken body's back upper edge enters the canal.
        dents, fracture: what has happened to the endplates.
    """

    depth: float
    width: float
    front: float
    back: float
    hollow: float = 2.0
    bulge: float = 0.0
    retro: float = 0.0
    dents: tuple[Dent, ...] = ()
    fracture: Fracture | None = None

    @abstractmethod
    def whole_plates(self, x: Field, y: Field) -> tuple[Field, Field]:
        """z of the (upper, lower) endplate at ``x``, ``y`` before anything happened to it."""

    @abstractmethod
    def walls(
        self, y: NDArray[np.float64], upper: NDArray[np.float64], lower: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """(M, 2) points (y, z) of the walls in the mid-sagittal plane, whose endplates are ``upper`` and ``lower``."""

    @abstractmethod
    def distance(self, x: Field, y: Field, z: Field) -> tuple[Field, Field]:
        """(signed distance in mm to the surface, negative inside; that to the nearer endplate), first order."""

    @abstractmethod
    def resized(self, by: float) -> Self:
        """The same shape, ``by`` times as large."""

    @abstractmethod
    def weakened(self, bulge: float, retro: float) -> Self:
        """The same body with walls that have given way."""

    @property
    def height(self) -> float:
        """Mean of front and back before a fracture."""
        return (self.front + self.back) / 2

    def plates(self, x: Field, y: Field) -> tuple[Field, Field]:
        """z of the (upper, lower) endplate at ``x``, ``y``."""
        upper, lower = self.whole_plates(x, y)
        s = y / self.depth + 0.5
        for dent in self.dents:
            pit = dent.pit(x, s, self.depth)
            upper, lower = (upper - pit, lower) if dent.upper else (upper, lower + pit)
        if self.fracture is not None:
            down, up = self.fracture.moves(x, s, self.width)
            upper, lower = upper - down, lower + up
        return upper, lower

    def profile(self) -> Profile:
        """The outline in the mid-sagittal plane."""
        y = np.linspace(-0.5, 0.5, 121) * self.depth
        x = np.linspace(-BAND_MM, BAND_MM, 11)[:, None]
        upper, lower = (plate.mean(axis=0) for plate in self.plates(x, y[None]))
        return Profile(y, upper, lower, self.walls(y, upper, lower))

    def heights(self) -> Heights:
        """As :func:`profile.heights` defines them."""
        return heights(self.profile())

    def rims(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(z at the middle, slope dz/dy) of the line over the rims of the (upper, lower) endplate."""
        return self.profile().rims()

    def broken_to(self, wanted: Heights, fracture: Fracture) -> Self:
        """This body with ``fracture``'s amounts changed so that its heights are ``wanted`` to 0.01 mm."""
        return replace(self, fracture=solved(lambda f: replace(self, fracture=f).heights(), wanted, fracture))
