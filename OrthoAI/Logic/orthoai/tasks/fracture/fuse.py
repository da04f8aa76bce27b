"""What both planes say, put together on the sagittal working grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orthoai.geometry import Geometry
from orthoai.spine.stack import Stack
from orthoai.tasks.fracture.engines import AXIAL, SAGITTAL
from orthoai.tasks.fracture.planes import Seen


@dataclass(frozen=True, eq=False)
class PlaneAnswer:
    """What one plane says.

    Attributes:
        stack: its slices.
        seen: on them.
        weight: its share of the result.
    """

    stack: Stack
    seen: Seen
    weight: float


Answers = Mapping[str, PlaneAnswer]


@dataclass(frozen=True, eq=False)
class Fused:
    """float32 (S, H, W) on the sagittal working grid.

    Attributes:
        fracture: the weighed probability.
        apart: the difference of the two planes, 0..1; None where there is only one.
        bodies: probability of any body, by the sagittal plane, else by the axial one; None where neither tells.
    """

    fracture: NDArray[np.float32]
    apart: NDArray[np.float32] | None
    bodies: NDArray[np.float32] | None


def fuse(answers: Answers, grid: Geometry) -> Fused:
    """Both planes on ``grid``, the sagittal stack's."""
    shares = {name: on_grid(answer.seen.fracture, answer.stack, grid) for name, answer in answers.items()}
    fracture = np.zeros(grid.shape, np.float32)
    for name, answer in answers.items():
        fracture += np.float32(answer.weight) * shares[name]
    apart = np.abs(shares[SAGITTAL] - shares[AXIAL]) if len(shares) == 2 else None
    # Whatever the weights of the fracture's probability: those are searched with these bodies.
    for name in (SAGITTAL, AXIAL):
        if name in answers and (bodies := answers[name].seen.bodies) is not None:
            return Fused(fracture, apart, on_grid(bodies, answers[name].stack, grid))
    return Fused(fracture, apart, None)


def worth_a_look(sagittal: PlaneAnswer, axial: Stack, axial_weight: float, threshold: float) -> list[int]:
    """Slices of ``axial`` in which any voxel could still reach ``threshold``, given the sagittal answer."""
    least = (threshold - axial_weight) / sagittal.weight
    if least <= 0:
        return list(range(axial.hu.shape[0]))
    rows = np.flatnonzero(sagittal.seen.fracture.max(axis=(0, 2)) >= least)
    if rows.size == 0:
        return []
    heights = sagittal.stack.grid.index_to_lps(np.stack([0 * rows, rows, 0 * rows], axis=1))[:, 2]
    own = axial.grid.origin[2] + axial.grid.spacing[2] * np.arange(axial.hu.shape[0])
    # Both neighbors of a height are interpolated between.
    near = np.abs(own[:, None] - heights[None]).min(axis=1) <= axial.slice_mm + sagittal.stack.pixel_mm
    return [int(index) for index in np.flatnonzero(near)]


def on_grid(probability: NDArray[np.float32], stack: Stack, grid: Geometry) -> NDArray[np.float32]:
    """``probability`` (S, H, W) of ``stack`` on another ``grid``, interpolated linearly."""
    if stack.grid == grid:
        return probability
    # The way back to an input whose grid is the one asked for.
    return replace(stack, source=grid).back_probability(probability)
