"""How sagittal and axial slices are put together: weight and threshold by grid search on validation volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.progress import Progress
from scipy import ndimage
from torch import nn

from orthoai_training.dataset import CaseFolder
from orthoai_training.disc.ensemble.search import search_dice
from orthoai_training.fracture.cases import FRACTURE, load_case
from orthoai_training.fracture.predict import volume_probability
from orthoai_training.ovf.calibration import Calibration
from orthoai_training.segmenter.precision import choose_precision

STAGE = "fusion"

THRESHOLDS = tuple(round(0.2 + 0.05 * step, 2) for step in range(13))

WEIGHT_STEPS = 10

LIKELY = 0.1
"""Voxels below in both planes are background for every weight and threshold that is tried."""

MOST_VOXELS = 60_000
"""Per case, on which the search looks; of more, every n-th."""

MOST_CASES = 16

SMALLEST_MM3 = 500.0
"""Smaller findings say nothing about the worth of a probability."""

Shares = NDArray[np.float16]
"""Probabilities (planes, K, J, I) of one case."""


@dataclass(frozen=True)
class Fusion:
    """What the model's card says.

    Attributes:
        weights: by plane, they sum to 1. threshold: of the weighed probability, from which a voxel is a fracture.
        dice: of all validation voxels together. plane_dice: of each plane by itself at the same threshold.
        calibration: from the mean probability of a finding to the chance that it lies on a fractured body.
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


def search_fusion(
    networks: Mapping[str, nn.Module], cases: Sequence[CaseFolder], device: str, progress: Progress
) -> Fusion:
    """The weight and the threshold with the best Dice on ``cases``, and the calibration that goes with them.

    Args:
        networks: by plane.
    """
    precision = choose_precision(device)
    chosen = list(cases)[:MOST_CASES]
    shares: list[Shares] = []
    truths, voxels_mm3 = [], []
    for number, folder in enumerate(chosen):
        progress.report(STAGE, number / len(chosen), folder.name)
        case = load_case(folder)
        found = [volume_probability(network, case.volume, plane, precision) for plane, network in networks.items()]
        shares.append(np.stack(found).astype(np.float16))
        truths.append(case.labels == FRACTURE)
        voxels_mm3.append(case.volume.geometry.voxel_volume)
    samples = [sampled(share, truth) for share, truth in zip(shares, truths, strict=True)]
    weights, threshold, dice, own = best_fusion(
        np.concatenate([share for share, _ in samples], 1), np.concatenate([truth for _, truth in samples])
    )
    answers = [
        answer
        for share, truth, voxel in zip(shares, truths, voxels_mm3, strict=True)
        for answer in findings(
            np.tensordot(weights, share.astype(np.float32), 1).astype(np.float32), truth, threshold, voxel
        )
    ]
    calibration = Calibration.fitted([score for score, _ in answers], [right for _, right in answers])
    progress.report(STAGE, 1.0, f"validation Dice {dice:.4f}")
    named = [dict(zip(networks, (round(float(v), 4) for v in values), strict=True)) for values in (weights, own)]
    return Fusion(named[0], threshold, dice, named[1], calibration, len(chosen))


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


def findings(
    probability: NDArray[np.float32], truth: NDArray[np.bool_], threshold: float, voxel_mm3: float
) -> list[tuple[float, bool]]:
    """Mean probability of each connected finding, and whether most of it lies on fractured bodies."""
    parts, count = ndimage.label(probability >= threshold)
    if not count:
        return []
    numbers = np.arange(1, count + 1)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    scores = ndimage.mean(probability, parts, numbers)
    right = ndimage.mean(truth, parts, numbers)
    large = sizes * voxel_mm3 >= SMALLEST_MM3
    return [(float(score), bool(share > 0.5)) for score, share in zip(scores[large], right[large], strict=True)]
