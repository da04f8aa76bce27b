"""The posterior arch of a vertebra: pedicles, laminae, and spinous, transverse and articular processes; and ribs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from orthoai_training.spine_ct.morphometry import Level
from orthoai_training.spine_ct.shapes import Field, capsule, union
from orthoai_training.spine_ct.vertebral_body import VertebralBody

SIDES = (-1.0, 1.0)
REACH_MM = 9.0
"""Around the middle lines of the rods: more than the thickest radius."""


@dataclass(frozen=True)
class Rod:
    """A rod with round ends in a vertebra's frame; ``flat`` are factors on its thickness along (x, z)."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radii: tuple[float, float]
    flat: tuple[float, float] = (1.0, 1.0)

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """mm, first order."""
        a, b = self.flat
        start, end = (
            (self.start[0] / a, self.start[1], self.start[2] / b),
            (self.end[0] / a, self.end[1], self.end[2] / b),
        )
        return capsule(x / np.float32(a), y, z / np.float32(b), start, end, self.radii)


@dataclass(frozen=True)
class Arch:
    """The rods of one posterior arch, and the canal's half width and depth and middle, in mm."""

    rods: tuple[Rod, ...]
    canal: tuple[float, float]
    canal_y: float

    @classmethod
    def of(cls, level: Level, body: VertebralBody, rng: np.random.Generator) -> Arch:
        """The arch that belongs to ``body``."""
        size, lumbar = body.depth / level.depth, level.lumbar
        high, back = body.back, body.depth / 2
        canal = (level.canal * size / 2, (7.6 + 0.9 * lumbar) * size)
        thick = level.pedicle * size / 2
        half = canal[0] + 0.8 * thick
        root_z, end_y = 0.2 * high, back + canal[1] * 1.15
        lamina_y, lamina_z = back + 2 * canal[1] + 2.5, -0.12 * high
        droop = np.radians(float(rng.uniform(38, 56)) * (1 - lumbar) + float(rng.uniform(2, 16)) * lumbar)
        length = (27 + 3 * lumbar) * size * float(rng.uniform(0.9, 1.12))
        tip = (
            float(rng.normal(0, 1.2)),
            float(lamina_y + length * np.cos(droop)),
            float(lamina_z - length * np.sin(droop)),
        )
        wide = 0.62 - 0.1 * lumbar
        radii = ((4.4 + 1.2 * lumbar) * size, (4.0 + 1.4 * lumbar) * size)
        rods = [Rod((0.0, lamina_y + 3, lamina_z - 1), tip, radii, (wide, 1.0 + 0.25 * lumbar))]
        if lumbar > 0.3:
            # The lower edge of a lumbar process is as long as the upper one, so that it looks like a hatchet.
            drop = float(rng.uniform(5.0, 8.0)) * size * lumbar
            low_tip = (tip[0], tip[1] - float(rng.uniform(0, 5)) * size, tip[2] - drop)
            rods.append(
                Rod((0.0, lamina_y + 7, lamina_z - 0.6 * drop), low_tip, (radii[0] * 0.8, radii[1]), (wide, 1.0))
            )
        for side in SIDES:
            knee = (side * half, end_y, 0.12 * high)
            rods.append(Rod((side * half * 0.95, back - 3, root_z), knee, (thick, thick), (1.0, 1.5)))
            rods.append(Rod(knee, (0.0, lamina_y, lamina_z), (3.4 * size, 3.0 * size), (1.0, 1.7)))
            rods.append(
                Rod(knee, (side * (half + 1.5), end_y + 1 * size, 0.62 * high), (3.6 * size, 3.0 * size), (1.2, 1.0))
            )
            rods.append(
                Rod(
                    (side * (half - 1), end_y + 3 * size, -0.1 * high),
                    (side * (half - 2.5), end_y + 5.5 * size, -0.72 * high),
                    (4.0 * size, 3.4 * size),
                )
            )
            out, rise = (24 + 6 * lumbar) * size, 3.0 * (1 - lumbar)
            rear = end_y + (9 * (1 - lumbar) + 2) * size
            rods.append(Rod(knee, (side * (half + out * 0.75), rear, rise + 0.1 * high), (3.8 * size, 3.0 * size)))
        return cls(tuple(rods), canal, back + canal[1] + 0.8)

    def distance(self, x: Field, y: Field, z: Field) -> Field:
        """mm to the arch's surface."""
        joined = reduce(union, (rod.distance(x, y, z) for rod in self.rods))
        return np.maximum(joined, -self.canal_distance(x, y))

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Box (low, high) of all of it in the vertebra's frame."""
        ends = np.array([[rod.start, rod.end] for rod in self.rods]).reshape(-1, 3)
        return ends.min(axis=0) - REACH_MM, ends.max(axis=0) + REACH_MM

    def canal_distance(self, x: Field, y: Field) -> Field:
        """mm to the spinal canal, an elliptic cylinder along the frame's z."""
        radius = np.hypot(x / self.canal[0], (y - self.canal_y) / self.canal[1])
        distance: Field = (radius - 1) * min(self.canal)
        return distance


def ribs(level: Level, body: VertebralBody, rng: np.random.Generator) -> list[Rod]:
    """The first hand's breadth of both ribs of a thoracic vertebra."""
    size, rods = body.depth / level.depth, []
    lowest = level.id >= 18
    drop = float(rng.uniform(0.25, 0.45))
    for side in SIDES:
        path = [
            (body.width / 2 + 1, body.depth / 2 - 4, 0.42 * body.back),
            (body.width / 2 + 22 * size, body.depth / 2 + 17 * size, 0.25 * body.back),
            (body.width / 2 + 48 * size, body.depth / 2 + 22 * size, 0.25 * body.back - 22 * drop),
        ]
        if not lowest:
            path.append((body.width / 2 + 76 * size, body.depth / 2 + 2 * size, 0.25 * body.back - 70 * drop))
            path.append((body.width / 2 + 90 * size, body.depth / 2 - 32 * size, 0.25 * body.back - 120 * drop))
        points = [(side * x, y, z) for x, y, z in path]
        rods += [Rod(first, last, (3.4 * size, 3.4 * size), (1.0, 1.4)) for first, last in pairwise(points)]
    return rods
