"""From a spine's outlines to the gray values and labels of a sagittal series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from orthoai_training.disc.synth_mr.outlines import Outline, Tissue, outlines
from orthoai_training.disc.synth_mr.spine import Points, Spine

FINER = 3
"""Painted this many times finer than the pixels, per axis; odd, so that a fine pixel lies in each pixel's middle."""

FAT_IN_FRONT_MM = 7.0

VESSEL_MM = (10.0, 24.0)
"""Front of the vertebrae to the great vessels' back and front."""

T2 = {
    Tissue.AIR: 0.0,
    Tissue.FAT: 0.72,
    Tissue.MUSCLE: 0.2,
    Tissue.BOWEL: 0.38,
    Tissue.VESSEL: 0.06,
    Tissue.CORTEX: 0.07,
    Tissue.MARROW: 0.42,
    Tissue.FLUID: 1.0,
    Tissue.CORD: 0.5,
    Tissue.ANNULUS: 0.14,
    Tissue.NUCLEUS_1: 0.85,
    Tissue.NUCLEUS_2: 0.66,
    Tissue.NUCLEUS_3: 0.45,
    Tissue.NUCLEUS_4: 0.27,
    Tissue.NUCLEUS_5: 0.16,
}
"""Brightness relative to fluid in turbo spin echo T2 at 1.5 T, as seen in the SPIDER training patients."""

T1 = {
    **dict.fromkeys(Tissue, 0.3),
    Tissue.AIR: 0.0,
    Tissue.FAT: 0.95,
    Tissue.VESSEL: 0.06,
    Tissue.CORTEX: 0.07,
    Tissue.MARROW: 0.6,
    Tissue.FLUID: 0.15,
}
"""The same for T1: fluid is dark. For tests of what must be refused."""

CONTRASTS = {"t2": T2, "t1": T1}


@dataclass(frozen=True)
class Grid:
    """Where a series lies: ``slices`` of (height, width) pixels.

    Attributes:
        pixel_mm: side of a pixel.
        slice_mm: from one slice to the next; a slice is as thick.
        front, top: y of the left and z of the upper edge of the field, mm.
    """

    slices: int
    shape: tuple[int, int]
    pixel_mm: float
    slice_mm: float
    front: float
    top: float

    def x(self, number: int) -> float:
        """Of a slice's middle, from the scanner's middle; slices go to the patient's right."""
        return -(number - (self.slices - 1) / 2) * self.slice_mm

    def fine(self, points: Points) -> list[tuple[float, float]]:
        """Points (n, 2) of y, z as x, y of the finer picture, in its pixels' centers."""
        scale = FINER / self.pixel_mm
        columns, rows = (points[:, 0] - self.front) * scale - 0.5, (self.top - points[:, 1]) * scale - 0.5
        return list(zip(columns.tolist(), rows.tolist(), strict=True))


@dataclass(frozen=True)
class Look:
    """How a series is taken.

    Attributes:
        brightness: of each tissue.
        fat_mm: under the skin of the back.
        back_mm: from the canal to that fat.
        coil: the coil lies behind: brightness falls by this factor per 100 mm toward the front.
        noise: standard deviation, relative to fluid.
        grain: standard deviation of tissue's unevenness, as a share.
        cuts: averaged over a slice's thickness.
    """

    brightness: dict[Tissue, float]
    fat_mm: float = 15.0
    back_mm: float = 45.0
    coil: float = 0.75
    noise: float = 0.02
    grain: float = 0.06
    cuts: int = 2


def render(
    spine: Spine, grid: Grid, look: Look, random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Gray values, fluid about 1, and labels 1 vertebra, 2 disc, 3 canal, else 0; both (slices, rows, columns)."""
    blobs = _bowel(grid, random)
    image = np.zeros((grid.slices, *grid.shape), np.float32)
    labels = np.zeros((grid.slices, *grid.shape), np.uint8)
    for number in range(grid.slices):
        middle = grid.x(number) - spine.middle
        for part in range(look.cuts):
            x = middle + ((part + 0.5) / look.cuts - 0.5) * grid.slice_mm
            painted = [*_surroundings(spine, grid, look, blobs), *outlines(spine, x)]
            image[number] += _gray(painted, grid, look) / look.cuts
        labels[number] = _labels(outlines(spine, middle), grid)
    return _taken(image, grid, look, random), labels


def _gray(painted: list[Outline], grid: Grid, look: Look) -> NDArray[np.float32]:
    picture = Image.new("F", (grid.shape[1] * FINER, grid.shape[0] * FINER), look.brightness[Tissue.AIR])
    pen = ImageDraw.Draw(picture)
    for outline in painted:
        pen.polygon(grid.fine(outline.points), fill=look.brightness[outline.tissue])
    height, width = grid.shape
    return np.asarray(picture).reshape(height, FINER, width, FINER).mean(axis=(1, 3))


def _labels(painted: Iterator[Outline], grid: Grid) -> NDArray[np.uint8]:
    picture = Image.new("L", (grid.shape[1] * FINER, grid.shape[0] * FINER), 0)
    pen = ImageDraw.Draw(picture)
    for outline in painted:
        if outline.label is not None:
            pen.polygon(grid.fine(outline.points), fill=outline.label)
    return np.asarray(picture)[FINER // 2 :: FINER, FINER // 2 :: FINER]


def _surroundings(spine: Spine, grid: Grid, look: Look, blobs: list[Points]) -> Iterator[Outline]:
    """The body around the spine, from behind to the front."""
    height = grid.shape[0] * grid.pixel_mm
    z = np.linspace(grid.top + 5, grid.top - height - 5, 24)
    walls = sorted((disc.center[1], disc.center[0], disc.half_depth) for disc in spine.discs)
    heights = [wall[0] for wall in walls]
    spread = np.interp(z, heights, [wall[1] + wall[2] for wall in walls]) + spine.canal_mm
    front = np.interp(z, heights, [wall[1] - wall[2] for wall in walls])
    far = np.full_like(z, grid.front - 10)
    yield _band(far, spread + look.back_mm + look.fat_mm, z, Tissue.FAT)
    yield _band(far, spread + look.back_mm, z, Tissue.MUSCLE)
    yield _band(far, front - FAT_IN_FRONT_MM, z, Tissue.BOWEL)
    for number, blob in enumerate(blobs):
        yield Outline(blob, (Tissue.FAT, Tissue.MUSCLE, Tissue.NUCLEUS_2, Tissue.VESSEL)[number % 4])
    yield _band(front - FAT_IN_FRONT_MM, front, z, Tissue.FAT)
    yield _band(front - VESSEL_MM[1], front - VESSEL_MM[0], z, Tissue.VESSEL)


def _band(left: NDArray, right: NDArray, z: NDArray, tissue: Tissue) -> Outline:
    points = np.concatenate([np.stack([left, z], axis=1), np.stack([right, z], axis=1)[::-1]])
    return Outline(points, tissue)


def _bowel(grid: Grid, random: np.random.Generator) -> list[Points]:
    """Loops of bowel and fat in front of the spine, the same in all slices."""
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    blobs = []
    for _ in range(28):
        middle = np.array(
            [grid.front + random.uniform(0, 60), grid.top - random.uniform(0, grid.shape[0] * grid.pixel_mm)]
        )
        radius = random.uniform(5, 16) * (1 + 0.25 * np.sin(3 * turn + random.uniform(0, 6)))
        blobs.append(middle + np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1))
    return blobs


def _taken(image: NDArray[np.float32], grid: Grid, look: Look, random: np.random.Generator) -> NDArray[np.float32]:
    """With uneven tissue, the coil's reach and a magnitude image's (Rician) noise."""
    grain = ndimage.gaussian_filter(random.standard_normal(image.shape).astype(np.float32), (0.5, 1.5, 1.5))
    image = image * (1 + look.grain / grain.std() * grain)
    reach = np.arange(grid.shape[1], dtype=np.float32) * grid.pixel_mm / 100
    image = image * look.coil ** (reach[-1] / 2 - reach)
    real, imaginary = (random.normal(0, look.noise, image.shape).astype(np.float32) for _ in range(2))
    return np.hypot(image + real, imaginary)
