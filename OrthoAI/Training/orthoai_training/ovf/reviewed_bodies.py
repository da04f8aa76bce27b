"""Which voxels are whose, where a task numbered the vertebral bodies and a person reviewed the fractured ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

MARKED_SHARE = 0.2
"""Of a body: where less is marked, that is the rim of its neighbor's mask."""

OWN_SHARE = 0.5
"""Of a marked piece: with as much outside of all bodies it is a body that the task has missed."""


@dataclass(frozen=True, eq=False)
class ReviewedBodies:
    """Bodies after a review.

    Attributes:
        voxels: uint16 (K, J, I), the body's number in each voxel.
        values: label by number; 0 for a body that is not fractured.
    """

    voxels: NDArray[np.uint16]
    values: dict[int, int]


def reviewed_bodies(
    numbers: NDArray[np.uint8], labels: NDArray[np.uint8], spacing: tuple[float, float, float]
) -> ReviewedBodies:
    """The bodies ``numbers``, as far as the reviewed ``labels`` leave them.

    A body has the label that most of its marked voxels have, and is where it is marked; what was painted beyond it
    belongs to the nearest body of its piece. A marked piece outside of all bodies is a body of its own.

    Args:
        numbers, labels: (K, J, I) on one grid.
        spacing: of it, mm along i, j, k.
    """
    values = _values(numbers, labels)
    fractured = np.zeros(256, bool)
    fractured[[number for number, value in values.items() if value]] = True
    owners = numbers.astype(np.uint16)
    # What a reviewer cleared of a fractured body is none of it.
    owners[fractured[numbers] & (labels == 0)] = 0
    for value, place in enumerate(ndimage.find_objects(labels), start=1):
        if place is None:
            continue
        task, own = numbers[place], owners[place]
        pieces, count = ndimage.label(labels[place] == value)
        for piece in (pieces == number for number in range(1, count + 1)):
            seeds = piece & fractured[task]
            if seeds.any():
                own[piece] = task[_nearest(seeds, spacing)][piece]
            elif (task[piece] == 0).mean() >= OWN_SHARE:
                own[piece] = new = max(values, default=0) + 1
                values[new] = value
    return ReviewedBodies(owners, values)


def _nearest(seeds: NDArray[np.bool_], spacing: tuple[float, float, float]) -> tuple[NDArray[np.int32], ...]:
    """Indices of the seed that is nearest to each voxel."""
    return tuple(ndimage.distance_transform_edt(~seeds, spacing[::-1], return_distances=False, return_indices=True))


def _values(numbers: NDArray[np.uint8], labels: NDArray[np.uint8]) -> dict[int, int]:
    """Label by number of every body, 0 where too little of it is marked."""
    found = {}
    for number, place in enumerate(ndimage.find_objects(numbers), start=1):
        if place is not None:
            counts = np.bincount(labels[place][numbers[place] == number], minlength=2)
            is_marked = counts[1:].sum() >= MARKED_SHARE * counts.sum()
            found[number] = int(counts[1:].argmax()) + 1 if is_marked else 0
    return found
