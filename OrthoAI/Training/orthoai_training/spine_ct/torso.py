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


@dataclass(frozen=True)
class _Place:
    """Where the points of a coarse grid lie, and noise at each of them: float32 (K, J, I), lengths in mm.

    Attributes:
        x, y: LPS; cx, cy: of the middle of the bodies at this height.
        lx, ly: from there, to the left and to the rear.
        deep, wide, number: half depth, half width and VerSe number of the body at this height.
        broad, patches, fine: smooth noise, from large to small.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    cx: NDArray[np.float32]
    cy: NDArray[np.float32]
    lx: NDArray[np.float32]
    ly: NDArray[np.float32]
    deep: NDArray[np.float32]
    wide: NDArray[np.float32]
    number: NDArray[np.float32]
    broad: NDArray[np.float32]
    patches: NDArray[np.float32]
    fine: NDArray[np.float32]

    @classmethod
    def of(cls, coarse: Geometry, axis: Axis, generator: torch.Generator) -> _Place:
        """The points of ``coarse``."""
        k, j, i = (np.arange(n) for n in coarse.shape)
        grid = np.stack(np.meshgrid(i, j, k, indexing="ij"), axis=-1).transpose(2, 1, 0, 3)
        lps = coarse.index_to_lps(grid).astype(np.float32)
        x, y, z = lps[..., 0], lps[..., 1], lps[..., 2]
        cx, cy, deep, wide, number = (value.astype(np.float32) for value in axis.at(z))
        broad, fine, patches = (
            smooth_noise(coarse.shape, size, generator, generator.device).numpy() for size in (12.0, 4.0, 9.0)
        )
        return cls(x, y, cx, cy, x - cx, y - cy, deep, wide, number, broad, patches, fine)


def soft_tissue(geometry: Geometry, axis: Axis, torso: Torso, generator: torch.Generator) -> NDArray[np.float32]:
    """HU float32 (K, J, I) of a body without bones."""
    coarse = geometry.resampled((COARSE_MM,) * 3)
    at = _Place.of(coarse, axis, generator)
    # The back is flatter than the spine: skin follows the mean of both, but stays behind the spinous processes.
    middle, thick = axis.rows[:, 1:3].mean(axis=0), torso.half[1]
    rear = np.maximum(0.5 * at.cy + 0.5 * middle[1] + 62, at.cy + at.deep + 68) + torso.fat
    mid_x, mid_y = 0.3 * at.cx + 0.7 * middle[0], rear - thick
    radius = (np.abs((at.x - mid_x) / torso.half[0]) ** 2.4 + np.abs((at.y - mid_y) / thick) ** 2.4) ** (1 / 2.4)
    groove = 7 * np.exp(-((at.lx / 18) ** 2)) * (at.y > mid_y)
    skin = (radius - 1) * thick + groove
    inner = skin + torso.fat
    hu = np.full(coarse.shape, FAT, np.float32) + 8 * at.fine
    _put_trunk(hu, at, inner)
    _put_lungs(hu, at, inner)
    _put_back(hu, at, inner)
    _put_vessels(hu, at, torso)
    _put(hu, np.maximum(skin, -(skin + 2.0)), 10.0)
    _put(hu, -skin, np.float32(AIR))
    if torso.table >= 0:
        depth = at.y - (float(rear.max()) + torso.table)
        _put(hu, np.abs(depth - 2) - 1.5, np.float32(60.0))
        _put(hu, np.abs(depth - 24) - 20, np.float32(-900.0))
    return _read(hu, coarse, geometry)


def _put_trunk(hu: NDArray, at: _Place, inner: NDArray) -> None:
    """Muscle, and in it organs, gas and psoas; ``inner`` is the distance (mm) to the fat under the skin, or below 0."""
    _put(hu, inner + 2.5 * at.broad, MUSCLE + 7 * at.fine)
    cavity = np.maximum(inner + 14, at.ly - at.deep * 0.9 - 4)
    organs = np.where(at.patches > -0.1, 48 + 12 * np.sign(at.broad) + 6 * at.fine, FAT + 12 * at.fine)
    gas = np.clip((at.patches * at.broad - 1.6) * 3, 0, 1) * (at.ly < -40)
    _put(hu, cavity, organs + (-850 - organs) * gas)
    psoas = np.hypot((np.abs(at.lx) - at.wide - 15) / 0.8, at.ly - 4) - 17
    _put(hu, psoas + 40 * (at.number < 19.5), MUSCLE + 7 * at.fine)


def _put_lungs(hu: NDArray, at: _Place, inner: NDArray) -> None:
    """Air around heart and spine, above the diaphragm."""
    level = np.clip((DIAPHRAGM_ID - at.number + 0.5) + 0.3 * at.broad, 0, 1)
    heart = (np.hypot((at.lx - 8) / 52, (at.ly + at.deep + 62 + 6 * at.broad) / 64) - 1) * 50
    column = np.minimum(np.hypot(at.lx, at.ly) - at.wide - 5, np.abs(at.lx) - 14 - 2 * at.broad)
    behind = at.ly - at.deep - 6 - 0.25 * np.abs(at.lx)
    lung = np.maximum(inner + 17, np.maximum(-np.minimum(heart, column), behind))
    _put(hu, lung + 60 * (1 - level), LUNG + 35 * at.fine)


def _put_back(hu: NDArray, at: _Place, inner: NDArray) -> None:
    """Fat around the bodies, and between and in the muscles of the back."""
    size = np.where(at.number < 19, 0.75, 1.0)
    inner_back = np.hypot((np.abs(at.lx) - 17) / 0.75, at.ly - at.deep - 38 * size) - 19 * size
    outer_back = np.hypot((np.abs(at.lx) - 46) / 1.35, at.ly - at.deep - 30 * size) - 17 * size
    sheaths = np.minimum(np.abs(inner_back), np.abs(outer_back)) - 0.9 - 0.8 * at.broad
    middle_line = np.maximum(np.abs(at.lx) - 1.5, at.deep + 20 - at.ly)
    around = np.abs(np.hypot(at.lx, at.ly) - at.wide - 3.5) - 1.3
    septum = np.minimum(np.minimum(sheaths, middle_line), around)
    _put(hu, np.maximum(septum, inner + 4), FAT + 40 + 20 * at.fine)
    marbled = np.clip(at.patches - 0.9, 0, 1) * ((inner_back < 0) | (outer_back < 0)) * (inner < 0)
    hu -= 70 * marbled


def _put_vessels(hu: NDArray, at: _Place, torso: Torso) -> None:
    """Aorta and vena cava."""
    chest = np.clip(20 - at.number, 0, 1)
    aorta = np.hypot(at.lx - 6 - 12 * chest, at.ly + at.deep + torso.wide + 3 - 8 * chest) - torso.wide
    _put(hu, aorta, torso.vessel + 5 * at.fine)
    cava = np.hypot(at.lx + 14, at.ly + at.deep + 12) - 10
    _put(hu, cava + 40 * chest, 0.6 * torso.vessel + 18 + 5 * at.fine)


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
    """Blend ``value`` in where ``distance`` (mm) from its surface is negative, over one coarse voxel."""
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
