"""How sagittal and axial slices are put together: weight and threshold by grid search on validation volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.spine.region import bone_region
from orthoai.spine.stack import FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM, working_stack
from orthoai.stopwatch import Stopwatch
from orthoai.tasks.fracture.engines import SAGITTAL, Engines, Plane, SliceNetwork
from orthoai.tasks.fracture.fuse import Fused, fuse, on_grid
from orthoai.tasks.fracture.pipeline import answered
from orthoai.tasks.fracture.vote import Bodies, score

from orthoai_training.dataset import CaseFolder
from orthoai_training.disc.ensemble.search import search_dice
from orthoai_training.fracture.cases import FRACTURE, FractureCase, load_case
from orthoai_training.fracture.slices import labels_on
from orthoai_training.ovf.calibration import Calibration

STAGE = "fusion"

THRESHOLDS = tuple(round(0.2 + 0.05 * step, 2) for step in range(13))

WEIGHT_STEPS = 10

LIKELY = 0.1
"""Voxels below in both planes are background for every weight and threshold that is tried."""

MOST_VOXELS = 60_000
"""Per case, on which the search looks; of more, every n-th."""

MOST_CASES = 16

Shares = NDArray[np.float16]
"""Probabilities (planes, S, H, W) of one case."""


@dataclass(frozen=True)
class Fusion:
    """What the model's card says.

    Attributes:
        weights: by plane, they sum to 1. threshold: of the weighed probability, from which a voxel is a fracture.
        dice: of all validation voxels together. plane_dice: of each plane by itself at the same threshold.
        calibration: from the mean probability in a body to the chance that it is fractured.
        cases: validation cases it was found on.
    """

    weights: Mapping[str, float]
    threshold: float
    dice: float
    plane_dice: Mapping[str, float]
    calibration: Calibration
    cases: int

    def to_json(self) -> dict:
        """For fusion.json and the card."""
        return {**vars(self), "calibration": self.calibration.to_json()}


@dataclass(frozen=True, eq=False)
class PlanesOfCase:
    """What all planes say of one case, on its sagittal working grid.

    Attributes:
        grid: of all arrays.
        shares: fracture probabilities (planes, S, H, W).
        bodies: of any body (S, H, W); None where no network tells.
        truth: bool (S, H, W), fractured bodies.
    """

    grid: Geometry
    shares: Shares
    bodies: NDArray[np.float16] | None
    truth: NDArray[np.bool_]


def search_fusion(networks: Mapping[str, SliceNetwork], cases: Sequence[CaseFolder], progress: Progress) -> Fusion:
    """The weight and the threshold with the best Dice on ``cases``, and the calibration that goes with them.

    Args:
        networks: by plane.
    """
    chosen = list(cases)[:MOST_CASES]
    seen = []
    for number, folder in enumerate(chosen):
        progress.report(STAGE, number / len(chosen), folder.name)
        found = look_at(networks, load_case(folder), progress)
        seen += [] if found is None else [found]
    if not seen:
        raise InputError("No validation case shows bone: check the folder of the data and the split.")
    samples = [sampled(case.shares, case.truth) for case in seen]
    weights, threshold, dice, own = best_fusion(
        np.concatenate([share for share, _ in samples], 1), np.concatenate([truth for _, truth in samples])
    )
    answers = [answer for case in seen for answer in votes(case, weights, threshold)]
    calibration = Calibration.fitted([score for score, _ in answers], [right for _, right in answers])
    progress.report(STAGE, 1.0, f"validation Dice {dice:.4f}")
    named = [dict(zip(networks, (round(float(v), 4) for v in values), strict=True)) for values in (weights, own)]
    return Fusion(named[0], threshold, dice, named[1], calibration, len(chosen))


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
        stack.grid,
        np.stack(shares).astype(np.float16),
        None if bodies is None else bodies.astype(np.float16),
        labels_on(case.labels, case.volume.geometry, stack.grid) == FRACTURE,
    )


def sampled(shares: Shares, truth: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Voxels on which weights and thresholds differ: (planes, N) and (N,). Every n-th, so that all shares stay true."""
    places = np.flatnonzero(truth | (shares.max(0) >= LIKELY))
    places = places[:: max(1, -(-len(places) // MOST_VOXELS))]
    return shares.reshape(len(shares), -1)[:, places].astype(np.float32), truth.ravel()[places]


def best_fusion(
    shares: NDArray[np.float32], truth: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float, float, NDArray[np.float64]]:
    """Weights (planes,), threshold, its Dice, and the Dice of each plane alone at this threshold.

    Args:
        shares: (planes, N) probabilities. truth: (N,).
    """
    best = None
    for threshold in THRESHOLDS:
        # As a second class that every plane gives the threshold: the larger of both is the answer.
        classes = np.stack([np.full_like(shares, threshold), shares], -1)
        found = search_dice(classes, truth.astype(np.int64), WEIGHT_STEPS)
        if best is None or found.score > best[1].score:
            best = threshold, found
    assert best is not None
    return best[1].weights, best[0], best[1].score, best[1].member_scores


def votes(case: PlanesOfCase, weights: NDArray[np.float64], threshold: float) -> list[tuple[float, bool]]:
    """Each body's mean weighed probability, and whether most of it is fractured in truth."""
    fracture = np.tensordot(weights, case.shares.astype(np.float32), 1).astype(np.float32)
    fused = Fused(fracture, None, None if case.bodies is None else case.bodies.astype(np.float32))
    bodies = Bodies.of(fused, case.grid, threshold)
    return [
        (score(body, fused)[0], bool(case.truth[body.place][body.mask].mean() > 0.5)) for body in bodies.parts.bodies
    ]
