"""Random training crops, and the fixed tiles of a validation."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.spine.stack import FRACTURE_SIZE
from torch import Tensor

from orthoai_training.fracture.cases import BODY, FRACTURE
from orthoai_training.fracture.recipe import CropAugmentation, FractureRecipe
from orthoai_training.fracture.slices import PlaneSlices
from orthoai_training.learning.intensity import changed
from orthoai_training.turn_2d import turn_2d

REACH = 1.5
"""Side of the square window that a crop is turned and zoomed in, per longer side of the crop."""

ANCHORS = 24
"""Pixels per slice and label around which crops may lie."""

NEAR = 0.3
"""How far from the middle of a crop its anchor may lie, per side of the crop."""

BEYOND = 24
"""Pixels of a crop that may lie beyond the slice, where the slice is larger than the crop."""

Size = tuple[int, int]
"""Rows and columns."""

SEED = 0
"""Of the anchors and the tiles, which are the same in every run."""


@dataclass(frozen=True)
class Crops:
    """A batch.

    Attributes:
        image: (B, 1, H, W) float32 0..1. labels: (B, H, W) uint8, see FractureCase.
        knows_bodies: (B,) bool.
    """

    image: Tensor
    labels: Tensor
    knows_bodies: Tensor


@dataclass(frozen=True)
class _Place:
    """A slice and pixels (n, 2) in it around which crops may lie."""

    case: PlaneSlices
    index: int
    pixels: NDArray[np.int64]


class CropSource:
    """Draws batches; batch n depends on the seed and n alone, so that a resumed run goes on as it would have.

    Args:
        plane: "axial" may be mirrored, "sagittal" not.
    """

    def __init__(self, cases: Sequence[PlaneSlices], recipe: FractureRecipe, plane: str, seed: int) -> None:
        self._recipe, self._crop, self._seed = recipe, recipe.crop[plane], seed
        self._flip = recipe.augmentation.flip_probability if plane == "axial" else 0.0
        self._fractured = _places(cases, FRACTURE)
        self._bodies = _places(cases, BODY)
        self._anywhere = _places(cases, None)
        self.slices = sum(len(case.pictures) for case in cases)

    def batches(self, first_step: int = 0) -> Generator[Crops, None, None]:
        """Batches without end, from number ``first_step`` on."""
        step = first_step
        while True:
            yield self.batch(step)
            step += 1

    def batch(self, step: int) -> Crops:
        """Batch number ``step``."""
        random = np.random.default_rng((self._seed, step))
        augmentation, crop = self._recipe.augmentation, self._crop
        side = int(np.ceil(max(crop) * REACH / 2)) * 2
        chosen = [self._choose(random) for _ in range(self._recipe.batch)]
        windows = [_window(place, center, side) for place, center in ((p, _near(p, crop, random)) for p in chosen)]
        pictures = torch.from_numpy(np.stack([picture for picture, _ in windows])).float()[:, None] / 255
        labels = torch.from_numpy(np.stack([label for _, label in windows])).float()[:, None]
        theta = np.stack([self._turn(augmentation, side, random) for _ in chosen])
        shape = [len(chosen), 1, *crop]
        grid = torch.nn.functional.affine_grid(torch.from_numpy(theta), shape, align_corners=False)
        image = torch.nn.functional.grid_sample(pictures, grid, align_corners=False)
        found = torch.nn.functional.grid_sample(labels, grid, mode="nearest", align_corners=False)
        if augmentation.intensity is not None:
            image = changed(image, augmentation.intensity, random)
        knows = torch.tensor([place.case.knows_bodies for place in chosen])
        return Crops(image, found[:, 0].to(torch.uint8), knows)

    def _choose(self, random: np.random.Generator) -> _Place:
        draw, augmentation = random.random(), self._recipe.augmentation
        if draw < augmentation.fracture_share and self._fractured:
            places = self._fractured
        elif draw < augmentation.fracture_share + augmentation.body_share and self._bodies:
            places = self._bodies
        else:
            places = self._anywhere
        return places[int(random.integers(len(places)))]

    def _turn(self, augmentation: CropAugmentation, side: int, random: np.random.Generator) -> NDArray[np.float32]:
        """Matrix (2, 3) from a crop's coordinates -1..1 to those of its window."""
        angle = np.deg2rad(random.uniform(-augmentation.rotation_degrees, augmentation.rotation_degrees))
        zoom = random.uniform(*augmentation.zoom)
        mirror = -1.0 if random.random() < self._flip else 1.0
        turn = turn_2d(angle) / (zoom * side)
        rows, columns = self._crop
        return np.concatenate([turn @ np.diag([mirror * columns, rows]), np.zeros((2, 1))], 1).astype(np.float32)


@dataclass(frozen=True)
class Tiles:
    """Tiles of one case as inference sees them: ``pictures``, ``labels`` uint8 (T, SIZE, SIZE)."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def validation_tiles(case: PlaneSlices, count: int) -> Tiles:
    """At most ``count`` tiles of ``case``, on slices with bodies spread over it, each with a body near its middle."""
    places = [
        _Place(case, index, pixels)
        for index, labels in enumerate(case.labels)
        if len(pixels := np.argwhere(labels > 0))
    ] or [_Place(case, index, np.zeros((0, 2), np.int64)) for index in range(len(case.labels))]
    picks = np.unique(np.linspace(0, len(places) - 1, count).round().astype(int))
    random = np.random.default_rng(SEED)
    windows = [
        _window(places[pick], _near(places[pick], (FRACTURE_SIZE, FRACTURE_SIZE), random), FRACTURE_SIZE)
        for pick in picks
    ]
    return Tiles(np.stack([picture for picture, _ in windows]), np.stack([label for _, label in windows]))


def _places(cases: Sequence[PlaneSlices], value: int | None) -> list[_Place]:
    """Slices that hold ``value`` with some of its pixels; all slices for None."""
    random = np.random.default_rng(SEED)
    places = []
    for case in cases:
        for index, labels in enumerate(case.labels):
            pixels = np.zeros((0, 2), np.int64)
            if value is not None:
                pixels = np.argwhere(labels == value)
                if not len(pixels):
                    continue
                pixels = pixels[random.integers(len(pixels), size=ANCHORS)]
            places.append(_Place(case, index, pixels))
    return places


def _near(place: _Place, crop: Size, random: np.random.Generator) -> Size:
    """The middle (row, column) of a crop."""
    limits = place.case.labels.shape[1:]
    if len(place.pixels):
        anchor = place.pixels[int(random.integers(len(place.pixels)))]
        middle = anchor + random.uniform(-NEAR, NEAR, 2) * crop
    else:
        middle = random.uniform(0, 1, 2) * limits
    # Little of a crop shows nothing; a slice smaller than the crop lies within it.
    ends = [sorted((side / 2 - BEYOND, limit - side / 2 + BEYOND)) for side, limit in zip(crop, limits, strict=True)]
    row, column = (int(np.clip(at, low, high)) for at, (low, high) in zip(middle, ends, strict=True))
    return row, column


def _window(place: _Place, center: Size, side: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Picture and labels (side, side) around ``center``; black, 0, beyond the slice."""
    starts = [middle - side // 2 for middle in center]
    limits = place.case.labels.shape[1:]
    ends = zip(starts, limits, strict=True)
    source = tuple(slice(max(0, start), max(0, min(limit, start + side))) for start, limit in ends)
    target = tuple(slice(s.start - start, s.stop - start) for s, start in zip(source, starts, strict=True))
    found = []
    for stack in (place.case.pictures, place.case.labels):
        window = np.zeros((side, side), np.uint8)
        if all(span.stop > span.start for span in source):
            window[target] = stack[place.index][source]
        found.append(window)
    return found[0], found[1]
