"""One number per vertebra and per disc: the chain of named discs parts what the segmenter marks as one kind.

Numbers are those of SPIDER (van der Graaf et al. 2024): vertebrae from L5 = 1 upward, discs from L5/S1 = 201 upward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.tasks.disc.labels import DISC, SACRAL, VERTEBRA
from orthoai.tasks.disc.levels import NAMES, Levels
from orthoai.tasks.disc.picture import PixelMm

FIRST_DISC = 201
"""Of L5/S1; S1/S2 is one less."""

VERTEBRAE = tuple(name.split("/")[0] for name in NAMES)
"""From L5 upward: each lies above the disc of the same place."""

S1, S2, ABOVE = 255, 254, 253
"""Of vertebrae without a number: below L5/S1, below S1/S2, and above the last name."""

LEAST_BELOW_MM2 = 150.0
"""Of vertebra below the lowest disc in a slice, at least, to say that it is not the sacrum that lies there."""

CORE_MM = 12.0
"""A vertebral body's core lies this near to the line through the discs' centers ..."""

CORE_SHARE = (0.3, 0.7)
"""... and between these shares of the way from one disc to the next."""

CUT_SHARE = (0.15, 0.85)
"""The same for a body beyond the outermost disc that the field of view cuts before its core."""

USUAL_SPACING_MM = 33.0
"""Stands in for the spacing when one disc alone is named."""


@dataclass(frozen=True)
class Instances:
    """Numbered vertebrae and discs.

    Attributes:
        numbers: (S, H, W) uint8, 0 elsewhere.
        names: by number, of those that have voxels.
        vertebrae: (S, H, W) uint8: the vertebrae alone, with what is marked below L5/S1 as S1 and S2; that has no name,
            since the segmenter leaves the sacrum out and it may be the true L5.
    """

    numbers: NDArray[np.uint8]
    names: dict[int, str]
    vertebrae: NDArray[np.uint8]

    def disc(self, level: int, index: int) -> NDArray[np.bool_]:
        """Mask (H, W) in slice ``index`` of the disc that is ``level`` places above L5/S1."""
        return self.numbers[index] == FIRST_DISC + level

    def vertebra(self, level: int, index: int) -> NDArray[np.bool_]:
        """Mask (H, W) in slice ``index`` of the vertebra above the disc that is ``level`` places above L5/S1."""
        return self.vertebrae[index] == (level + 1 if level >= 0 else S1 if level == -1 else S2)


def number_instances(labels: NDArray[np.uint8], levels: Levels, pixel_mm: PixelMm) -> Instances:
    """Numbers for all voxels of ``labels`` (S, H, W) that belong to a vertebra or disc with a name.

    The chain goes on beyond its ends, so vertebrae and discs that were marked but not found as boxes are numbered, too.
    """
    numbers = np.zeros(labels.shape, np.uint8)
    if not levels.discs:
        return Instances(numbers, {}, numbers)
    steps, aside = along_chain(levels, labels.shape[1:], pixel_mm)
    places = np.rint(steps).astype(int)
    named = (places >= -1) & (places < len(NAMES))
    values = np.where(named, FIRST_DISC + places, 0).astype(np.uint8)
    numbers[:] = np.where(labels == DISC, values, 0)
    vertebrae = _vertebrae(labels == VERTEBRA, steps, aside, levels.numbers)
    vertebrae[labels != VERTEBRA] = 0
    for value in (S1, S2):
        areas = np.count_nonzero(vertebrae == value, axis=(1, 2)) * pixel_mm[0] * pixel_mm[1]
        vertebrae[(vertebrae == value) & (areas < LEAST_BELOW_MM2)[:, None, None]] = 0
    numbers[:] = np.where(vertebrae <= len(NAMES), numbers + vertebrae, numbers)
    present = [int(value) for value in np.unique(numbers) if value]
    return Instances(numbers, {value: _name(value) for value in present}, vertebrae)


def along_chain(
    levels: Levels, shape: tuple[int, ...], pixel_mm: PixelMm
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each pixel of a slice of ``shape`` (H, W) its place along the spine and its distance from it.

    Returns:
        Discs above L5/S1 (0 in L5/S1, 0.5 in the middle of L5, below 0 in the sacrum), and mm to the line of centers.
    """
    centers, numbers = levels.centers(pixel_mm), list(levels.numbers)
    if len(centers) == 1:
        centers = np.concatenate([centers, centers - [[USUAL_SPACING_MM, 0.0]]])
        numbers.append(numbers[0] + 1)
    rows, columns = ((np.arange(n) + 0.5) * mm for n, mm in zip(shape, pixel_mm, strict=True))
    points = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)
    steps, aside = np.zeros(shape), np.full(shape, np.inf)
    for n in range(len(centers) - 1):
        way = centers[n + 1] - centers[n]
        share = (points - centers[n]) @ way / (way @ way)
        low, high = (-np.inf if n == 0 else 0.0), (np.inf if n == len(centers) - 2 else 1.0)
        share = np.clip(share, low, high)
        distance = np.linalg.norm(points - centers[n] - share[..., None] * way, axis=-1)
        nearer = distance < aside
        steps[nearer] = numbers[n] + share[nearer] * (numbers[n + 1] - numbers[n])
        aside[nearer] = distance[nearer]
    return steps, aside


def _vertebrae(
    mask: NDArray[np.bool_], steps: NDArray[np.float64], aside: NDArray[np.float64], discs: Sequence[int]
) -> NDArray[np.uint8]:
    """Numbers (S, H, W), S1, S2 and ABOVE among them: each vertebra grows from its body's core, so that a spinous
    process, which hangs down to the level of the next vertebra, goes with its own body where a pedicle or lamina leads
    to it."""
    place, share = np.floor(steps).astype(int), steps - np.floor(steps)
    near, named = aside <= CORE_MM, (place >= 0) & (place < len(NAMES))
    core = near & named & (share >= CORE_SHARE[0]) & (share <= CORE_SHARE[1])
    seeds = np.where(mask & core, place + 1, 0).astype(np.uint8)
    for end in (discs[0] - 1, discs[-1]):
        if not (mask & core & (place == end)).any():
            cut = near & named & (place == end) & (share >= CUT_SHARE[0]) & (share <= CUT_SHARE[1])
            seeds[mask & cut] = end + 1
    # What has no name is a seed as well, else a named neighbor would flood it.
    seeds[mask & near & (place == -1)] = S1
    seeds[mask & near & (place < -1)] = S2
    seeds[mask & near & (place >= len(NAMES))] = ABOVE
    if not seeds.any():
        return seeds
    barrier = sitk.GetImageFromArray(np.where(mask, 0, 1).astype(np.uint8))
    flooded = sitk.MorphologicalWatershedFromMarkers(barrier, sitk.GetImageFromArray(seeds), False, False)
    return sitk.GetArrayFromImage(flooded)


def _name(value: int) -> str:
    if value == FIRST_DISC - 1:
        return SACRAL
    return NAMES[value - FIRST_DISC] if value >= FIRST_DISC else VERTEBRAE[value - 1]
