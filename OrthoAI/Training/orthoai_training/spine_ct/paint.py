"""Paint bones, discs, canal and metal on a canvas, part by part."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from orthoai_training.spine_ct.arch import Rod
from orthoai_training.spine_ct.canvas import Box, Canvas
from orthoai_training.spine_ct.hardened import gained_hu
from orthoai_training.spine_ct.shapes import Field, capsule, ellipsoid
from orthoai_training.spine_ct.spine import Frame, Vertebra
from orthoai_training.spine_ct.tissue import Tissue
from orthoai_training.synth.texture import TextureBank, draw_grain, limited, repeated

POINT_SPREAD_MM = 0.75
"""About the width over which a scanner smears a thin cortex."""

CEMENT_HU, SCREW_HU, GAS_HU, PLAQUE_HU = 1700.0, 3600.0, -700.0, 750.0


class Painter:
    """Paints vertebra by vertebra on ``canvas``."""

    def __init__(
        self,
        canvas: Canvas,
        tissue: Tissue,
        bank: TextureBank | None,
        generator: torch.Generator,
        rng: np.random.Generator,
    ) -> None:
        self.canvas, self.tissue, self.rng = canvas, tissue, rng
        size = limited(canvas.geometry.shape)
        self.grain = draw_grain(bank, size, canvas.voxel_mm, generator) * tissue.grain

    def disc(self, above: Vertebra, below: Vertebra) -> None:
        """The soft disc between two bodies; the bodies are painted over it."""
        a, b = above.body, below.body
        top = above.frame.place(np.array([0.0, 0.0, a.rims()[1][0]]))
        bottom = below.frame.place(np.array([0.0, 0.0, b.rims()[0][0]]))
        frame = Frame(below.frame.axes, (top + bottom) / 2)
        gap = float(np.linalg.norm(top - bottom))
        half, deep, thick = a.width / 2, a.depth / 2, gap / 2 + 6
        found = self.canvas.points(frame, (-half, -deep - 2, -thick), (half, deep + 3, thick))
        if found is None:
            return
        box, x, y, z = found
        radius = ((np.abs(x) / half) ** 2.4 + (np.abs(y) / (deep + 1)) ** 2.4) ** (1 / 2.4)
        distance = np.maximum((radius - 1) * deep, np.abs(z) - thick)
        gas = GAS_HU if self.rng.random() < 0.07 else None
        self.canvas.blend(box, self.tissue.disc + 6 * self._texture(box) / 20, self.canvas.share(distance))
        if gas is not None:
            cleft = ellipsoid(x, y, z, (float(self.rng.uniform(-4, 4)), -0.2 * deep, 0), (0.5 * half, 0.5 * deep, 1.3))
            self.canvas.blend(box, gas, self.canvas.share(cleft))

    def canal(self, vertebra: Vertebra, reach: float) -> None:
        """Fat, fluid and cord behind one body, ``reach`` mm up and down."""
        arch = vertebra.arch
        x0, y0 = arch.canal[0] + 2, arch.canal_y
        found = self.canvas.points(vertebra.frame, (-x0, y0 - 14, -reach), (x0, y0 + 16, reach))
        if found is None:
            return
        box, x, y, z = found
        ends = np.abs(z) - reach
        canal = np.maximum(arch.canal_distance(x, y), ends)
        self.canvas.blend(box, -45.0, self.canvas.share(canal))
        sac = np.maximum((np.hypot(x / arch.canal[0], (y - y0 + 1) / (arch.canal[1] - 1)) - 0.82) * 7, ends)
        self.canvas.blend(box, 14.0, self.canvas.share(sac))
        if vertebra.level.id <= 20:
            cord = np.maximum(np.hypot(x / 1.3, y - y0) - 3.8, ends)
            self.canvas.blend(box, 42.0, self.canvas.share(cord))

    def rods(self, frame: Frame, rods: list[Rod], density: float = 1.0) -> None:
        """Ribs and the like, each in its own box."""
        for rod in rods:
            reach = max(rod.radii) * max(max(rod.flat), 1.0) + 2
            ends = np.array([rod.start, rod.end])
            low, high = ends.min(axis=0) - reach, ends.max(axis=0) + reach
            found = self.canvas.points(frame, _point(low), _point(high))
            if found is not None:
                box, x, y, z = found
                self._bone(box, rod.distance(x, y, z), 1.4 * density, 40.0)

    def plaques(self, spots: list[tuple[NDArray[np.float64], float]]) -> None:
        """Calcified spots, (center in LPS mm, radius) each."""
        for center, radius in spots:
            reach = radius * 2 + 1
            frame = Frame(np.eye(3), center)
            found = self.canvas.points(frame, (-reach, -reach, -reach), (reach, reach, reach))
            if found is not None:
                box, x, y, z = found
                spot = ellipsoid(x, y, z, (0, 0, 0), (radius, radius, 2 * radius))
                self.canvas.blend(box, PLAQUE_HU, self.canvas.share(spot))

    def arch(self, vertebra: Vertebra) -> None:
        """The posterior arch."""
        arch = vertebra.arch
        low, high = arch.bounds()
        found = self.canvas.points(vertebra.frame, _point(low), _point(high))
        if found is not None:
            box, x, y, z = found
            self._bone(box, arch.distance(x, y, z), 1.5, 40.0)

    def body(self, vertebra: Vertebra) -> None:
        """The body, which is also labeled."""
        body = vertebra.body
        upper, lower = body.rims()
        high, low = upper[0] + abs(upper[1]) * body.depth / 2 + 5, lower[0] - abs(lower[1]) * body.depth / 2 - 5
        half, deep = body.width / 2 * (1 + body.bulge) + 5, body.depth / 2 + body.hollow + body.retro + 5
        found = self.canvas.points(vertebra.frame, (-half, -deep, low), (half, deep, high))
        if found is None:
            return
        box, x, y, z = found
        distance, to_plate = body.distance(x, y, z)
        self._bone(box, distance, 1.0, 0.0, to_plate)
        if vertebra.dense or any(vertebra.hard):
            self.canvas.hu[box] += gained_hu(vertebra, x, y, z) * self.canvas.share(distance + 0.6)
        if vertebra.vacuum:
            self._cleft(vertebra, box, (x, y, z), distance)
        if vertebra.mimic == "cement":
            self._cement(vertebra, box, (x, y, z), distance)
        self.canvas.bodies[box][distance < 0] = vertebra.level.id

    def screws(self, vertebra: Vertebra) -> None:
        """A screw through each pedicle, with its head behind."""
        body, arch = vertebra.body, vertebra.arch
        for side in (-1.0, 1.0):
            half = arch.canal[0] + 0.4 * vertebra.level.pedicle
            tip = (side * half * 0.55, -body.depth * 0.28, 0.05 * body.back)
            head = (side * (half + 4), body.depth / 2 + 30, 0.3 * body.back)
            low, high = np.min([tip, head], axis=0) - 8, np.max([tip, head], axis=0) + 8
            found = self.canvas.points(vertebra.frame, _point(low), _point(high))
            if found is not None:
                box, x, y, z = found
                rod = np.minimum(capsule(x, y, z, tip, head, (2.6, 3.0)), capsule(x, y, z, head, head, (5.5, 5.5)))
                self.canvas.blend(box, SCREW_HU, self.canvas.share(rod))
                self.canvas.metal[box] |= rod < 0

    def _texture(self, box: Box) -> Field:
        texture: Field = repeated(self.grain, box).numpy()
        return texture

    def _bone(
        self,
        box: Box,
        distance: Field,
        cortex: float,
        denser: float,
        to_plate: Field | None = None,
    ) -> None:
        """Marrow inside a shell ``cortex`` times as thick as a body's."""
        tissue = self.tissue
        blur = float(np.hypot(POINT_SPREAD_MM, 0.4 * self.canvas.voxel_mm))
        depth = -distance
        thick: Field | float = tissue.shell * cortex
        if to_plate is not None:
            at_plate = np.clip(1 + to_plate / 2, 0, 1)
            thick = thick + (tissue.plate - tissue.shell) * at_plate
        marrow = tissue.marrow + denser + self._texture(box)
        width = np.sqrt(thick**2 + blur**2)
        peak = (tissue.cortex - tissue.marrow) * np.minimum(1, 1.15 * thick / width)
        shell = np.exp(-((np.maximum(depth - 0.4 * thick, 0) / width) ** 2))
        self.canvas.blend(box, marrow + peak * shell, self.canvas.share(distance))

    def _cleft(self, vertebra: Vertebra, box: Box, at: tuple[Field, Field, Field], distance: Field) -> None:
        """Gas below the broken endplate."""
        x, y, z = at
        body = vertebra.body
        assert body.fracture is not None
        upper, lower = body.plates(x, y)
        off = (upper - z if body.fracture.upper >= 0.5 else z - lower) - 5.5
        cleft = ellipsoid(x, y, off, (0, -0.1 * body.depth, 0), (0.3 * body.width, 0.32 * body.depth, 1.2))
        self.canvas.blend(box, GAS_HU, self.canvas.share(np.maximum(cleft, distance + 2)))

    def _cement(self, vertebra: Vertebra, box: Box, at: tuple[Field, Field, Field], distance: Field) -> None:
        x, y, z = at
        body = vertebra.body
        blobs = []
        for _ in range(3):
            center = self.rng.normal(0, 1, 3) * (0.13 * body.width, 0.12 * body.depth, 0.1 * body.back)
            radii = self.rng.uniform(0.1, 0.26, 3) * (body.width, body.depth, 0.9 * body.back)
            blobs.append(ellipsoid(x, y, z, tuple(center), tuple(radii)))
        blob = np.maximum(np.minimum.reduce(blobs) + self._texture(box) * 0.02, distance + 1)
        self.canvas.blend(box, CEMENT_HU, self.canvas.share(blob))


def _point(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
