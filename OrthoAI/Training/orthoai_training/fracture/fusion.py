"""How sagittal and axial slices are put together: weight and threshold by grid search on validation volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.tasks.fracture.engines import SliceNetwork
from orthoai.tasks.fracture.vote import Bodies, score

from orthoai_training.dataset import CaseFolder
from orthoai_training.fracture.cases import load_case
from orthoai_training.fracture.fitted_evidence import FittedEvidence, fitted_evidence
from orthoai_training.fracture.planes_of_case import PlanesOfCase, Shares, look_at
from orthoai_training.train.calibration import FittedCalibration
from orthoai_training.train.weighting import search_dice, simplex_grid

STAGE = "fusion"

THRESHOLDS = tuple(round(0.2 + 0.05 * step, 2) for step in range(13))

WEIGHT_STEPS = 10

POSSIBLE = 0.1
"""Voxels below in both planes are background for every weight and threshold that is tried."""

MOST_VOXELS = 60_000
"""Per case, on which the search looks; where one has more, every n-th of all cases."""

MOST_CASES = 50

NEAREST = 1e-6
"""Probabilities are kept this far from 0 and 1, where their log loss would be infinite."""


@dataclass(frozen=True)
class Fusion:
    """What the model's card says.

    Attributes:
        weights: by plane, they sum to 1. threshold: of the weighed probability, from which a voxel is a fracture.
        dice: of all validation voxels together at the best weights for voxels. plane_dice: of each plane by itself.
        evidence: of the weighed probability.
        cases: validation cases it was found on.
    """

    weights: Mapping[str, float]
    threshold: float
    dice: float
    plane_dice: Mapping[str, float]
    evidence: FittedEvidence
    cases: int

    def to_json(self) -> dict:
        """For fusion.json."""
        said = {key: value for key, value in vars(self).items() if key != "evidence"}
        return {**said, **self.evidence.settings}


def search_fusion(networks: Mapping[str, SliceNetwork], cases: Sequence[CaseFolder], progress: Progress) -> Fusion:
    """Weights, threshold and calibration, from ``cases``.

    The threshold is that of the best Dice of the voxels, and so are the weights; but where the networks tell bodies,
    the weights are those of the best votes.

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
    weights, threshold, dice, own = best_fusion(*sampled([(case.shares, case.truth) for case in seen]))
    if all(case.bodies is not None for case in seen):
        weights = best_votes(*votes(seen, threshold))
    evidence = fitted_evidence(seen, weights, threshold)
    progress.report(STAGE, 1.0, f"validation Dice {dice:.4f}")
    named = [dict(zip(networks, (round(float(v), 4) for v in values), strict=True)) for values in (weights, own)]
    return Fusion(named[0], threshold, dice, named[1], evidence, len(chosen))


def sampled(
    cases: Sequence[tuple[Shares, NDArray[np.bool_]]], most: int = MOST_VOXELS
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Voxels of ``cases`` (shares, truth) on which weights and thresholds differ: (planes, N) and (N,).

    Every n-th, with one n for all cases, so that each counts by its size, as in a Dice of all voxels.

    Args:
        most: of a single case.
    """
    places = [np.flatnonzero(truth | (shares.max(0) >= POSSIBLE)) for shares, truth in cases]
    step = max(1, *(-(-len(own) // most) for own in places))
    picks = [(shares, truth, own[::step]) for (shares, truth), own in zip(cases, places, strict=True)]
    return (
        np.concatenate([shares.reshape(len(shares), -1)[:, own].astype(np.float32) for shares, _, own in picks], 1),
        np.concatenate([truth.ravel()[own] for _, truth, own in picks]),
    )


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


def votes(cases: Sequence[PlanesOfCase], threshold: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(each plane's own vote on each body (N, planes), whether most of it is fractured in truth (N,)).

    The bodies are those that the networks tell, the same whatever the planes' weights, so that a weighed vote is the
    weighed mean of these.
    """
    scores, right = [], []
    for case in cases:
        maps = [case.fused(weights) for weights in np.eye(len(case.shares))]
        for body in Bodies.of(maps[0], case.stack.grid, threshold).parts.bodies:
            scores.append([score(body, fused) for fused in maps])
            right.append(case.is_fractured(body))
    planes = len(cases[0].shares)
    return np.array(scores, np.float64).reshape(-1, planes), np.array(right, bool)


def best_votes(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights (planes,) of the calibrated votes that tell fractured from sound bodies with the least log loss.

    Args:
        scores: (N, planes), of each plane alone, the first of which found the bodies: a run without it would find
            others, so its weight is not 0. right: (N,).
    """

    def loss(weights: NDArray[np.float64]) -> float:
        mixed = scores @ weights
        sure = np.clip(FittedCalibration.fitted(mixed.tolist(), right.tolist()).formula(mixed), NEAREST, 1 - NEAREST)
        return float(-np.mean(np.where(right, np.log(sure), np.log(1 - sure))))

    return min((weights for weights in simplex_grid(scores.shape[1], WEIGHT_STEPS) if weights[0] > 0), key=loss)
