"""Body by body: a fractured vertebra often looks sound in slices through its sides, so that all of its voxels vote."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.geometry import Geometry
from orthoai.spine.measured import Block, Surface
from orthoai.spine.separate import SeparateBody, Separated, separated
from orthoai.tasks.fracture.fuse import Fused


@dataclass(frozen=True, eq=False)
class VotedBody:
    """One vertebral body and what its voxels say.

    Attributes:
        body: its place and mask on the sagittal working grid.
        score: mean of the weighed probability in it.
        spread: 0..1, standard deviation of what its sagittal slices say, each weighted by its area.
        apart: 0..1, mean difference of the planes in it; None where there is one plane only.
    """

    body: SeparateBody
    score: float
    spread: float
    apart: float | None

    @property
    def mask(self) -> NDArray[np.bool_]:
        """bool (s, h, w)."""
        return self.body.mask

    @property
    def place(self) -> Block:
        """Where ``mask`` lies in the stack."""
        return self.body.place

    @property
    def surface(self) -> Surface:
        """The mask: the network's outlines are as fine as its pixels."""
        return self.place, self.mask

    @property
    def center(self) -> tuple[float, float, float]:
        """(column, row, slice) of the centroid."""
        return self.body.center


@dataclass(frozen=True, eq=False)
class Bodies:
    """All bodies on the sagittal working grid.

    Attributes:
        probability: float32 (S, H, W), of what ``parts`` were cut from.
        threshold: of it, where their surface is.
        parts: where each one lies.
    """

    probability: NDArray[np.float32]
    threshold: float
    parts: Separated

    @classmethod
    def of(cls, fused: Fused, grid: Geometry, threshold: float) -> Bodies:
        """The vertebral bodies; where no network tells them, what the weighed probability itself marks from
        ``threshold`` on.
        """
        if fused.bodies is None:
            return cls(fused.fracture, threshold, separated(fused.fracture, grid, threshold))
        return cls(fused.bodies, 0.5, separated(fused.bodies, grid))


def voted(body: SeparateBody, fused: Fused) -> VotedBody:
    """The vote of ``body``."""
    mean = score(body, fused)
    areas = np.count_nonzero(body.mask, axis=(1, 2))
    sums = np.where(body.mask, fused.fracture[body.place], 0).sum(axis=(1, 2))
    shown = areas > 0
    slices = sums[shown] / areas[shown]
    spread = float(np.sqrt(np.average((slices - mean) ** 2, weights=areas[shown])))
    apart = None if fused.apart is None else float(fused.apart[body.place][body.mask].mean())
    return VotedBody(body, mean, spread, apart)


def score(body: SeparateBody, fused: Fused) -> float:
    """Mean of the weighed probability in ``body``."""
    return float(fused.fracture[body.place][body.mask].mean())
