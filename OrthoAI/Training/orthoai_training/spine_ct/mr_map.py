"""Vertebral bodies of real people from masks of sagittal MR, as SPIDER's T2 SPACE set has them.

``NNN_t2space_seg.nii.gz`` holds 1 vertebra, 2 disc and 3 canal; ``NNN_t2space_discs.nii.gz`` the discs, 201 L5/S1 and
upward. The slices show a slab of the middle only, two or three centimeters wide: profiles of endplates and walls are
real, the sides are drawn (``widened.py``), and arches are parametric. SPIDER: van der Graaf et al., Sci Data 2024.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.read import read_volume
from orthoai.segment.components import largest_parts, tight_box
from orthoai.spine.genant import Heights
from orthoai.volume import Volume
from scipy import ndimage

from orthoai_training.spine_ct.label_map import FIRST, LAST
from orthoai_training.spine_ct.morphometry import LEVELS, Level
from orthoai_training.spine_ct.real_vertebra import PlacedBody, real_body
from orthoai_training.spine_ct.widened import widened

MR_SUFFIX, DISCS_SUFFIX = "_t2space_seg.nii.gz", "_t2space_discs.nii.gz"
VERTEBRA, CANAL = 1, 3
LOWEST_DISC = 201

LEVEL = {level.id: level for level in LEVELS}

FEWEST_MM3 = 3000.0
"""Smaller pieces are no body, or one that the scan cuts."""

RATIOS = (0.82, 1.3)
"""Anterior to posterior height of a body that may pass for sound: outside it is broken, or cut badly."""

MIDDLE = (0.8, 1.06)
"""Middle height, least as a share of the mean of the others and most as one of the higher of them, likewise."""

MOST_DEPTH = 1.75
"""Depth of a body as a multiple of its height, likewise."""

FEWEST_BODIES = 3

LIKE_THORACIC = 3
"""So many of the uppermost bodies also stand for the levels above, whose proportions are much the same."""


class TooFewBodiesError(InputError):
    """The scan is readable, and its bodies are broken, cut or badly parted."""


@lru_cache(maxsize=32)
def read_mr_bodies(path: Path) -> dict[int, tuple[PlacedBody, ...]]:
    """The bodies in the masks ``path``, by the VerSe number that they serve for.

    Raises:
        TooFewBodiesError: not three of them can be used.
        InputError: a file is unreadable, or the files have different grids.
    """
    volume = read_volume(path).reoriented("LPS")
    discs_file = path.with_name(path.name.replace(MR_SUFFIX, DISCS_SUFFIX))
    discs = read_volume(discs_file).reoriented("LPS")
    if not discs.geometry.matches(volume.geometry):
        raise InputError(f"{discs_file.name} and {path.name} have different grids: they are not of one MR.")
    numbers = _numbered(volume, discs.voxels)
    found = [each for number in range(int(numbers.max()), 0, -1) if (each := _body(numbers == number, volume, number))]
    if len(found) < FEWEST_BODIES:
        raise TooFewBodiesError(f"{path.name} shows no three vertebral bodies with discs between.")
    levels = {each.level.id: (each,) for each in found}
    above = {number: tuple(found[:LIKE_THORACIC]) for number in range(FIRST, min(levels))}
    return {**above, **levels}


def _numbered(volume: Volume, discs: NDArray) -> NDArray[np.uint8]:
    """Bodies by the number of discs below them: 1 is L5."""
    front = _front_of_canal(volume.voxels == CANAL)
    y = np.arange(volume.voxels.shape[1])
    bodies = (volume.voxels == VERTEBRA) & (y[None, :, None] < front[:, None, None])
    index = np.argwhere(bodies)
    places = volume.geometry.index_to_lps(index[:, ::-1])
    below = np.zeros(len(index), np.uint8)
    for number in np.unique(discs[discs >= LOWEST_DISC]):
        center, up = _plane(volume.geometry.index_to_lps(np.argwhere(discs == number)[:, ::-1]))
        below += (places - center) @ up > 0
    numbers = np.zeros(bodies.shape, np.uint8)
    numbers[tuple(index.T)] = below
    return numbers


def _front_of_canal(canal: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Row at which the canal begins, for each slice across the patient."""
    rows = np.argmax(canal, axis=1).astype(np.float64)
    rows[~canal.any(axis=1)] = np.nan
    seen = np.flatnonzero(canal.any(axis=(1, 2)))
    if not seen.size:
        return np.full(canal.shape[0], float(canal.shape[1]))
    medians = np.nanmedian(rows[seen], axis=1)
    front: NDArray[np.float64] = np.interp(np.arange(canal.shape[0]), seen, ndimage.gaussian_filter1d(medians, 2.0))
    return front


def _plane(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(center, unit normal that points cranially) of a disc's midsagittal profile, which is longer than it is high."""
    center = points.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((points - center)[:, 1:].T))
    normal = np.array([0.0, *vectors[:, 0]])
    return center, normal * (1 if normal[2] > 0 else -1)


def _body(mask: NDArray[np.bool_], volume: Volume, number: int) -> PlacedBody | None:
    """One body; None where it is cut, in pieces, or not in the shape of a sound one."""
    level = LEVEL.get(LAST + 1 - number)
    largest = largest_parts(ndimage.binary_opening(mask, iterations=1))
    box = tight_box(largest)
    if level is None or box is None:
        return None
    cut = box[0].start <= 1 or box[0].stop >= mask.shape[0] - 1
    if cut or largest.sum() * volume.geometry.voxel_volume < FEWEST_MM3:
        return None
    solid = ndimage.binary_fill_holes(largest[box])
    whole = widened(np.asarray(solid), volume.geometry.spacing, level.width / level.depth)
    if whole is None:
        return None
    filled, before = whole
    made = _measured(filled, volume.geometry, [part.start for part in box], before, level)
    return made if made is not None and _is_sound(made.body.heights(), made.body.depth) else None


def _measured(
    mask: NDArray[np.bool_], geometry: Geometry, start: list[int], before: int, level: Level
) -> PlacedBody | None:
    low = [start[2] - before, start[1], start[0]]
    grid = geometry.cropped(low, [n + size for n, size in zip(low, mask.shape[::-1], strict=True)])
    return real_body(mask, grid, level, np.array([0.0, 0.0, 1.0]))


def _is_sound(heights: Heights, depth: float) -> bool:
    low, high = RATIOS
    ends = heights.anterior, heights.posterior
    return (
        low <= heights.anterior / heights.posterior <= high
        and MIDDLE[0] * sum(ends) / 2 <= heights.middle <= MIDDLE[1] * max(ends)
        and depth <= MOST_DEPTH * sum(ends) / 2
    )
