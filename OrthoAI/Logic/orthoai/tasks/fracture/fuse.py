"""Both planes together on the input's own grid, a few of its slices at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.spine.stack import BACK_PLANES, Stack
from orthoai.tasks.fracture.engines import AXIAL, SAGITTAL


@dataclass(frozen=True, eq=False)
class PlaneAnswer:
    """What one plane says.

    Attributes:
        stack: its slices.
        probability: float32 (S, H, W) on them.
        weight: its share of the result.
    """

    stack: Stack
    probability: NDArray[np.float32]
    weight: float

    def on_input(self, first: int, last: int) -> NDArray[np.float32]:
        """Planes ``first`` <= k < ``last`` of the input's grid, (last - first, J, I)."""
        return self.stack.back_planes(self.probability, first, last)


Answers = Mapping[str, PlaneAnswer]


Planes = Mapping[str, NDArray[np.float32]]
"""What each plane says in the same planes of the input, (count, J, I)."""


def on_input(answers: Answers, first: int, last: int) -> Planes:
    """Planes ``first`` <= k < ``last`` of the input as each of ``answers`` sees them."""
    return {name: answer.on_input(first, last) for name, answer in answers.items()}


def fused(answers: Answers, planes: Planes) -> NDArray[np.float32]:
    """The weighed mean of ``planes``, each of which is of the answer of its name."""
    parts = [answer.weight * planes[name] for name, answer in answers.items()]
    total = parts[0]
    for part in parts[1:]:
        total += part
    return np.asarray(total, np.float32)


def disagreement(planes: Planes) -> NDArray[np.float32] | None:
    """The difference of the two ``planes``, 0..1; None where there is only one."""
    return np.abs(planes[SAGITTAL] - planes[AXIAL]) if len(planes) == 2 else None


def mask_and_attention(
    answers: Answers, threshold: float, check: Callable[[], None]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """1 where the weighed mean reaches ``threshold``, and that mean as 0..255, both (K, J, I) on the input's grid.

    Args:
        check: called between chunks; may raise Canceled.
    """
    shape = next(iter(answers.values())).stack.source.shape
    mask, attention = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for first, last in chunks(0, shape[0]):
        check()
        part = fused(answers, on_input(answers, first, last))
        mask[first:last] = part >= threshold
        attention[first:last] = np.rint(255 * np.clip(part, 0, 1))
    return mask, attention


def chunks(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """(first, last) of the planes that are worked on at once, from ``start`` to before ``stop``."""
    for first in range(start, stop, BACK_PLANES):
        yield first, min(first + BACK_PLANES, stop)


def worth_a_look(sagittal: PlaneAnswer, axial: Stack, axial_weight: float, threshold: float) -> list[int]:
    """Slices of ``axial`` in which any voxel could still reach ``threshold``, given the sagittal answer."""
    least = (threshold - axial_weight) / sagittal.weight
    if least <= 0:
        return list(range(axial.hu.shape[0]))
    rows = np.flatnonzero(sagittal.probability.max(axis=(0, 2)) >= least)
    if rows.size == 0:
        return []
    heights = sagittal.stack.grid.index_to_lps(np.stack([0 * rows, rows, 0 * rows], axis=1))[:, 2]
    own = axial.grid.origin[2] + axial.grid.spacing[2] * np.arange(axial.hu.shape[0])
    # Both neighbors of a height are interpolated between.
    near = np.abs(own[:, None] - heights[None]).min(axis=1) <= axial.slice_mm + sagittal.stack.pixel_mm
    return [int(index) for index in np.flatnonzero(near)]
