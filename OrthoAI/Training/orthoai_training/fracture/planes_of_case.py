"""What the networks of all planes say of one case with known fractures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.progress import Progress
from orthoai.spine.region import bone_region
from orthoai.spine.separate import SeparateBody
from orthoai.spine.stack import FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM, Stack, working_stack
from orthoai.stopwatch import Stopwatch
from orthoai.tasks.fracture.engines import SAGITTAL, Engines, Plane, SliceNetwork
from orthoai.tasks.fracture.fuse import Fused, fuse, on_grid
from orthoai.tasks.fracture.pipeline import answered
from orthoai.tasks.fracture.vote import VotedBody

from orthoai_training.fracture.cases import FRACTURE, FractureCase
from orthoai_training.fracture.slices import labels_on

ON_TARGET = 0.5
"""Share of a body that is fractured in truth where it counts as fractured."""

Shares = NDArray[np.float16]
"""Probabilities (planes, S, H, W) of one case."""


@dataclass(frozen=True, eq=False)
class PlanesOfCase:
    """What all planes say of one case, on its sagittal working grid.

    Attributes:
        stack: its slices; all arrays are on their grid.
        shares: fracture probabilities (planes, S, H, W).
        bodies: of any body (S, H, W); None where no network tells.
        truth: bool (S, H, W), fractured bodies.
    """

    stack: Stack
    shares: Shares
    bodies: NDArray[np.float16] | None
    truth: NDArray[np.bool_]

    def fused(self, weights: NDArray[np.float64]) -> Fused:
        """All planes by ``weights`` (planes,)."""
        fracture = np.tensordot(weights, self.shares.astype(np.float32), 1).astype(np.float32)
        return Fused(fracture, None, None if self.bodies is None else self.bodies.astype(np.float32))

    def is_fractured(self, body: SeparateBody | VotedBody) -> bool:
        """Whether most of ``body`` is, in truth."""
        return bool(self.truth[body.place][body.mask].mean() > ON_TARGET)


def look_at(networks: Mapping[str, SliceNetwork], case: FractureCase, progress: Progress) -> PlanesOfCase | None:
    """Every slice of every plane, as the task sees it; None where there is no bone."""
    region = bone_region(case.volume)
    if region is None:
        return None
    # With a threshold of 0 no slice is passed over.
    engines = Engines({name: Plane(network, 1 / len(networks)) for name, network in networks.items()}, threshold=0.0)
    stack = working_stack(case.volume, SAGITTAL, FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM, region)
    answers = answered(case.volume, stack, region, engines, Progress(is_canceled=progress.is_canceled), Stopwatch())
    shares = [on_grid(answer.seen.fracture, answer.stack, stack.grid) for answer in answers.values()]
    bodies = fuse(answers, stack.grid).bodies
    return PlanesOfCase(
        stack,
        np.stack(shares).astype(np.float16),
        None if bodies is None else bodies.astype(np.float16),
        labels_on(case.labels, case.volume.geometry, stack.grid) == FRACTURE,
    )
