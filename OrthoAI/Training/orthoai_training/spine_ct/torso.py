"""What surrounds the spine as HU: skin, fat, muscle, lungs, organs, vessels, table; on a coarse grid, read finely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.geometry import Geometry

from orthoai_training.synth.soft_tissue import smooth_noise

COARSE_MM = 3.0
AIR, LUNG, FAT, MUSCLE, BLOOD = -1000.0, -840.0, -100.0, 52.0, 42.0
"""HU."""

DIAPHRAGM_ID = 18.5
"""VerSe number at whose height the lungs end behind."""


@dataclass(frozen=True)
class Torso:
    """A person's build, in mm.

    Attributes:
        half: half width and half depth of the body.
        fat: thickness of the fat under the skin.
        muscle: half width of the back muscles.
        vessel: HU of the aorta; ``wide`` its radius; ``calcified`` how many plaques.
        table: gap between skin and table; negative for no table.
    """

    half: tuple[float, float]
    fat: float
    muscle: float
    vessel: float
    wide: float
    calcified: int
    table: float

    @classmethod
    def draw(cls, rng: np.random.Generator, contrast: float) -> Torso:
        """Slim to heavy."""
        build = float(rng.random())
        old = rng.random() < 0.6
        return cls(
            half=(140 + 45 * build + float(rng.normal(0, 5)), 95 + 45 * build + float(rng.normal(0, 5))),
            fat=6 + 30 * build**1.5,
            muscle=float(rng.uniform(28, 38)),
            vessel=float(rng.uniform(130, 330)) if rng.random() < contrast else BLOOD,
            wide=float(rng.uniform(9, 14)),
            calcified=int(rng.integers(4, 30)) if old else 0,
            table=float(rng.uniform(2, 10)) if rng.random() < 0.85 else -1.0,
        )


@dataclass(frozen=True)
class Axis:
    """Middle line of the bodies by height: rows (z, x, y, half depth, half width, VerSe number), z rising; LPS mm."""

    rows: NDArray[np.float64]

    def at(self, z: NDArray[np.floating]) -> tuple[NDArray[np.float64], ...]:
        """(x, y, half depth, half width, number) at heights ``z``; beyond the ends the last ones."""
        return tuple(np.interp(z, self.rows[:, 0], self.rows[:, n]) for n in range(1, 6))


def soft_tissue(geometry: Geometry, axis: Axis, torso: Torso, generator: torch.Generator) -> NDArray[np.float32]:
    """HU float32 (K, J, I) of a body without bones."""
    coarse = geometry.resampled((COARSE_MM,) * 3)
    k, j, i = (np.arange(n) for n in coarse.shape)
    grid = np.stack(np.meshgrid(i, j, k, indexing="ij"), axis=-1).transpose(2, 1, 0, 3)
    lps = coarse.index_to_lps(grid).astype(np.float32)
    x, y, z = lps[..., 0], lps[..., 1], lps[..., 2]
    cx, cy, deep, wide, number = (value.astype(np.float32) for value in axis.at(z))
    broad, thick = smooth_noise(coarse.shape, 12.0, generator, generator.device).numpy(), torso.half[1]
    fine = smooth_noise(coarse.shape, 4.0, generator, generator.device).numpy()
    patches = smooth_noise(coarse.shape, 9.0, generator, generator.device).numpy()
    middle = axis.rows[:, 1:3].mean(axis=0)
    # The back is flatter than the spine: skin follows the mean of both, but stays behind the spinous processes.
    rear = np.maximum(0.5 * cy + 0.5 * middle[1] + 62, cy + deep + 68) + torso.fat
    mid_x, mid_y = 0.3 * cx + 0.7 * middle[0], rear - thick
    radius = (np.abs((x - mid_x) / torso.half[0]) ** 2.4 + np.abs((y - mid_y) / thick) ** 2.4) ** (1 / 2.4)
    groove = 7 * np.exp(-(((x - cx) / 18) ** 2)) * (y > mid_y)
    skin = (radius - 1) * thick + groove
    hu = np.full(coarse.shape, FAT, np.float32) + 8 * fine
    inner = skin + torso.fat
    lx, ly = x - cx, y - cy
    lung_level = np.clip((DIAPHRAGM_ID - number + 0.5) + 0.3 * broad, 0, 1)
    _put(hu, inner + 2.5 * broad, MUSCLE + 7 * fine)
    cavity = np.maximum(inner + 14, ly - deep * 0.9 - 4)
    organs = np.where(patches > -0.1, 48 + 12 * np.sign(broad) + 6 * fine, FAT + 12 * fine)
    gas = np.clip((patches * broad - 1.6) * 3, 0, 1) * (ly < -40)
    _put(hu, cavity, organs + (-850 - organs) * gas)
    psoas = np.hypot((np.abs(lx) - wide - 15) / 0.8, ly - 4) - 17
    _put(hu, psoas + 40 * (number < 19.5), MUSCLE + 7 * fine)
    heart = (np.hypot((lx - 8) / 52, (ly + deep + 62 + 6 * broad) / 64) - 1) * 50
    column = np.minimum(np.hypot(lx, ly) - wide - 5, np.abs(lx) - 14 - 2 * broad)
    lung = np.maximum(inner + 17, np.maximum(-np.minimum(heart, column), ly - deep - 6 - 0.25 * np.abs(lx)))
    _put(hu, lung + 60 * (1 - lung_level), LUNG + 35 * fine)
    # Fat around the bodies and between the muscles of the back.
    size = np.where(number < 19, 0.75, 1.0)
    inner_back = np.hypot((np.abs(lx) - 17) / 0.75, ly - deep - 38 * size) - 19 * size
    outer_back = np.hypot((np.abs(lx) - 46) / 1.35, ly - deep - 30 * size) - 17 * size
    sheaths = np.minimum(np.abs(inner_back), np.abs(outer_back)) - 0.9 - 0.8 * broad
    middle_line = np.maximum(np.abs(lx) - 1.5, deep + 20 - ly)
    septum = np.minimum(np.minimum(sheaths, middle_line), np.abs(np.hypot(lx, ly) - wide - 3.5) - 1.3)
    _put(hu, np.maximum(septum, inner + 4), FAT + 40 + 20 * fine)
    marbled = np.clip(patches - 0.9, 0, 1) * ((inner_back < 0) | (outer_back < 0)) * (inner < 0)
    hu -= 70 * marbled
    chest = np.clip(20 - number, 0, 1)
    aorta = np.hypot(lx - 6 - 12 * chest, ly + deep + torso.wide + 3 - 8 * chest) - torso.wide
    _put(hu, aorta, torso.vessel + 5 * fine)
    cava = np.hypot(lx + 14, ly + deep + 12) - 10
    _put(hu, cava + 40 * chest, 0.6 * torso.vessel + 18 + 5 * fine)
    _put(hu, np.maximum(skin, -(skin + 2.0)), 10.0)
    _put(hu, -skin, np.float32(AIR))
    if torso.table >= 0:
        height = float(rear.max()) + torso.table
        depth = y - height
        _put(hu, np.abs(depth - 2) - 1.5, np.float32(60.0))
        _put(hu, np.abs(depth - 24) - 20, np.float32(-900.0))
    return _read(hu, coarse, geometry)


def plaques(axis: Axis, torso: Torso, rng: np.random.Generator) -> list[tuple[NDArray[np.float64], float]]:
    """(center in LPS mm, radius in mm) of the calcified spots in the aorta's wall."""
    found = []
    for _ in range(torso.calcified):
        z = float(rng.uniform(axis.rows[0, 0], axis.rows[-1, 0]))
        x, y, deep, _, number = (float(value) for value in axis.at(np.asarray(z)))
        angle, chest = float(rng.uniform(0, 2 * np.pi)), float(np.clip(20 - number, 0, 1))
        place = (
            x + 6 + 12 * chest + torso.wide * np.cos(angle),
            y - deep - torso.wide - 3 + 8 * chest + torso.wide * np.sin(angle),
            z,
        )
        found.append((np.array(place), float(rng.uniform(0.6, 2.0))))
    return found


def _put(hu: NDArray, distance: NDArray, value: NDArray | np.float32 | float) -> None:
    share = np.clip(0.5 - distance / COARSE_MM, 0, 1)
    hu += (value - hu) * share


def _read(coarse: NDArray[np.float32], grid: Geometry, geometry: Geometry) -> NDArray[np.float32]:
    """``coarse`` read linearly at the voxels of ``geometry``, which spans the same box."""
    sizes = [
        (np.arange(n, dtype=np.float32) + 0.5) * s / c - 0.5
        for n, s, c in zip(geometry.size, geometry.spacing, grid.spacing, strict=True)
    ][::-1]
    field = torch.from_numpy(coarse)
    for dim, at in enumerate(sizes):
        place = torch.from_numpy(np.clip(at, 0, field.shape[dim] - 1).astype(np.float32))
        low = place.floor().long().clamp(max=max(field.shape[dim] - 2, 0))
        high = (low + 1).clamp(max=field.shape[dim] - 1)
        weight = (place - low).reshape([-1 if n == dim else 1 for n in range(3)])
        field = torch.lerp(field.index_select(dim, low), field.index_select(dim, high), weight)
    fine: NDArray[np.float32] = field.numpy()
    return fine
