"""Square pictures with outlines, as the network is trained and measured on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from orthoai.detect.tiles import Tile, tiles
from orthoai.spine.stack import OVF_PIXEL_MM, OVF_SIZE
from orthoai.tasks.ovf.labels import CLASSES, FRACTURES
from scipy import ndimage

from orthoai_training.ovf.recipe import OvfRecipe
from orthoai_training.ovf.scenes import CaseScene, SliceScene

OVERLAP = round(64 / OVF_PIXEL_MM)
"""Pixels that neighboring tiles share: more than a vertebral body is high."""

LEAST_VISIBLE = 0.7
"""A body of which a tile shows less than this share of its cross-section is not asked for."""

CASE_NAME = re.compile(r"(.+)_\d{3}_\d+")
"""Of a picture drawn from a case: its name, the slice, the tile."""

Ring = NDArray[np.float64]
"""(N, 2) corners x, y in pixel edges; the first is not repeated."""


@dataclass(frozen=True, eq=False)
class Outline:
    """One body: its class in class order and its outer ring."""

    kind: int
    ring: Ring

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 around it."""
        (x0, y0), (x1, y1) = self.ring.min(axis=0), self.ring.max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)


@dataclass(frozen=True, eq=False)
class Picture:
    """One tile of a slice.

    Attributes:
        pixels: uint8 (OVF_SIZE, OVF_SIZE) gray values.
        outlines: of the bodies that are to be found.
        ignored: bool, the same size: bodies that need not be found.
    """

    name: str
    pixels: NDArray[np.uint8]
    outlines: tuple[Outline, ...]
    ignored: NDArray[np.bool_]


def case_of(picture: Picture) -> str:
    """The case that ``picture`` was drawn from, whose pictures are resampled together; its own name where unknown."""
    match = CASE_NAME.fullmatch(picture.name)
    return match[1] if match else picture.name


def plain_pictures(scene: SliceScene, name: str) -> list[Picture]:
    """The tiles of a slice as the task cuts them."""
    shape = (scene.picture.shape[0], scene.picture.shape[1])
    cut = tiles(shape, OVF_SIZE, OVERLAP)
    return [_picture(scene, tile, f"{name}_{number}") for number, tile in enumerate(cut)]


def random_picture(scene: SliceScene, name: str, recipe: OvfRecipe, random: np.random.Generator) -> Picture:
    """One tile anywhere on the slice, with other gray values."""
    rows, cols = scene.picture.shape
    # Where a slice is shorter than the tile, it lies anywhere in it.
    place = [int(random.integers(min(0, n - OVF_SIZE), max(0, n - OVF_SIZE) + 1)) for n in (rows, cols)]
    picture = _picture(scene, Tile(place[0], place[1], OVF_SIZE), name)
    return replace(picture, pixels=_regrayed(picture.pixels, recipe, random))


def training_pictures(scene: CaseScene, name: str, recipe: OvfRecipe, seed: int) -> list[Picture]:
    """Random tiles of random slices; the same seed gives the same ones."""
    random = np.random.default_rng([seed, *name.encode()])
    slices = list(scene.slices())
    shown = [one for one in slices if one.bodies]
    empty = [one for one in slices if not one.bodies]
    broken = any(CLASSES[block.kind] in FRACTURES for block in scene.blocks)
    count = recipe.slices_per_case if broken else recipe.normal_slices_per_case
    picked = [*_some(shown, count, random), *_some(empty, recipe.empty_per_case, random)]
    return [random_picture(one, f"{name}_{one.index:03d}", recipe, random) for one in picked]


def validation_pictures(scene: CaseScene, name: str, count: int) -> list[Picture]:
    """Plain tiles of ``count`` slices evenly spread over those that show bodies; only tiles with a body."""
    spread = spread_slices(scene, count)
    found = [picture for one in spread for picture in plain_pictures(one, f"{name}_{one.index:03d}")]
    return [picture for picture in found if picture.outlines]


def spread_slices(scene: CaseScene, count: int) -> list[SliceScene]:
    """``count`` slices evenly spread over those that show bodies."""
    shown = [one for one in scene.slices() if one.bodies]
    places = np.linspace(0, len(shown) - 1, min(count, len(shown)) + 2)[1:-1]
    return [shown[n] for n in sorted({round(place) for place in places})]


def whole_picture(scene: SliceScene, name: str) -> Picture:
    """All of a slice as one square picture."""
    return _picture(scene, Tile(0, 0, max(scene.picture.shape)), name)


def ring_of(occupancy: NDArray[np.float32]) -> Ring | None:
    """The longest outline at 0.5 of ``occupancy`` (H, W); None where nothing reaches it."""
    # Comes with matplotlib, which only training needs.
    from contourpy import contour_generator

    padded = np.pad(occupancy, 1)
    lines = [np.asarray(line) for line in contour_generator(z=padded).lines(0.5)]
    lines = [line for line in lines if len(line) > 3]
    if not lines:
        return None
    # The padding moved pixel centers to whole numbers + 1; edges lie half a pixel before centers.
    longest = max(lines, key=_enclosed)[:-1] - 0.5
    return np.clip(longest, 0.0, np.array(occupancy.shape[::-1], np.float64))


def _picture(scene: SliceScene, tile: Tile, name: str) -> Picture:
    shape = (scene.picture.shape[0], scene.picture.shape[1])
    ignored = np.zeros((tile.size, tile.size), bool)
    for body in scene.others:
        ignored |= tile.cut(body.drawn(scene.index, shape)) > 0.5
    outlines = []
    for body in scene.bodies:
        whole = body.drawn(scene.index, shape)
        here = tile.cut(whole)
        enough = (here > 0.5).sum() >= LEAST_VISIBLE * (whole > 0.5).sum()
        ring = ring_of(here) if enough else None
        if ring is None:
            ignored |= here > 0.5
        else:
            outlines.append(Outline(body.kind, ring))
    return Picture(name, tile.cut(scene.picture), tuple(outlines), ignored)


def _enclosed(line: NDArray[np.float64]) -> float:
    x, y = line.T
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2


def _some(scenes: Sequence[SliceScene], count: int, random: np.random.Generator) -> list[SliceScene]:
    picked = random.permutation(len(scenes))[:count]
    return [scenes[n] for n in sorted(picked)]


def _regrayed(pixels: NDArray[np.uint8], recipe: OvfRecipe, random: np.random.Generator) -> NDArray[np.uint8]:
    """Another gain, level, sharpness and noise."""
    gray = pixels.astype(np.float32) * random.uniform(*recipe.gain) + random.uniform(*recipe.shift)
    width = random.uniform(0, recipe.blur)
    if width > 0.3:
        gray = ndimage.gaussian_filter(gray, width)
    gray += random.normal(0, random.uniform(0, recipe.noise), gray.shape).astype(np.float32)
    # Air and what lies outside the scan stay black, as the window makes them.
    return np.where(pixels > 0, np.clip(np.rint(gray), 0, 255), 0).astype(np.uint8)
