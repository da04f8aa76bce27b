"""How sagittal and axial slices are put together: weight and threshold by grid search on validation volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.spine.genant import Heights
from orthoai.spine.measured import measured
from orthoai.spine.region import bone_region
from orthoai.spine.separate import SeparateBody
from orthoai.spine.stack import FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM, Stack, working_stack
from orthoai.stopwatch import Stopwatch
from orthoai.tasks.fracture.engines import SAGITTAL, Engines, Plane, SliceNetwork
from orthoai.tasks.fracture.evidence import BOTH, VOTE, WithHeight
from orthoai.tasks.fracture.fuse import Fused, fuse, on_grid
from orthoai.tasks.fracture.pipeline import answered
from orthoai.tasks.fracture.vote import Bodies, VotedBody, score, voted

from orthoai_training.dataset import CaseFolder
from orthoai_training.disc.ensemble.search import search_dice, simplex_grid
from orthoai_training.fracture.cases import FRACTURE, FractureCase, load_case
from orthoai_training.fracture.slices import labels_on
from orthoai_training.ovf.calibration import LEAST_ANSWERS, Calibration, fit_logistic, logit

STAGE = "fusion"

THRESHOLDS = tuple(round(0.2 + 0.05 * step, 2) for step in range(13))

WEIGHT_STEPS = 10

POSSIBLE = 0.1
"""Voxels below in both planes are background for every weight and threshold that is tried."""

MOST_VOXELS = 60_000
"""Per case, on which the search looks; of more, every n-th."""

MOST_CASES = 50

ON_TARGET = 0.5
"""Share of a body that is fractured in truth where it counts as fractured."""

NEAREST = 1e-6
"""Probabilities are kept this far from 0 and 1, where their log loss would be infinite."""

Shares = NDArray[np.float16]
"""Probabilities (planes, S, H, W) of one case."""


@dataclass(frozen=True)
class Fusion:
    """What the model's card says.

    Attributes:
        weights: by plane, they sum to 1. threshold: of the weighed probability, from which a voxel is a fracture.
        dice: of all validation voxels together at the best weights for voxels. plane_dice: of each plane by itself.
        calibration: from the mean probability in a body to the chance that it is fractured.
        with_height: the same from that and the measured loss of height; None for too few answers.
        cases: validation cases it was found on.
    """

    weights: Mapping[str, float]
    threshold: float
    dice: float
    plane_dice: Mapping[str, float]
    calibration: Calibration
    with_height: WithHeight | None
    cases: int

    def to_json(self) -> dict:
        """For fusion.json and the card."""
        said = {key: value for key, value in vars(self).items() if key not in (VOTE, "with_height")}
        return {**said, **self.settings}

    @property
    def settings(self) -> dict[str, Any]:
        """What the task's evidence reads from the card (orthoai.tasks.fracture.evidence)."""
        both = {} if self.with_height is None else {BOTH: asdict(self.with_height)}
        return {VOTE: self.calibration.to_json(), **both}


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
    samples = [sampled(case.shares, case.truth) for case in seen]
    weights, threshold, dice, own = best_fusion(
        np.concatenate([share for share, _ in samples], 1), np.concatenate([truth for _, truth in samples])
    )
    if all(case.bodies is not None for case in seen):
        # The bodies are the same whatever the weights, so that a weighed vote is that of the planes' own votes.
        alone, right = votes(seen, threshold, np.eye(len(networks)))
        weights = best_votes(alone, right)
        scores = alone @ weights
    else:
        every, right = votes(seen, threshold, weights[None])
        scores = every[:, 0]
    calibration = Calibration.fitted(scores.tolist(), right.tolist())
    with_height = fit_with_height([judged for case in seen for judged in measured_votes(case, weights, threshold)])
    progress.report(STAGE, 1.0, f"validation Dice {dice:.4f}")
    named = [dict(zip(networks, (round(float(v), 4) for v in values), strict=True)) for values in (weights, own)]
    return Fusion(named[0], threshold, dice, named[1], calibration, with_height, len(chosen))


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


def sampled(shares: Shares, truth: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Voxels on which weights and thresholds differ: (planes, N) and (N,). Every n-th, so that all shares stay true."""
    places = np.flatnonzero(truth | (shares.max(0) >= POSSIBLE))
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


def votes(
    cases: Sequence[PlanesOfCase], threshold: float, weightings: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(mean weighed probability in each body (N, weightings), whether most of it is fractured in truth (N,)).

    Args:
        threshold: marks the parts that take the place of bodies where no network tells those; there the first of
            ``weightings`` (weightings, planes) marks for all.
    """
    scores, right = [], []
    for case in cases:
        maps = [case.fused(each) for each in weightings]
        for body in Bodies.of(maps[0], case.stack.grid, threshold).parts.bodies:
            scores.append([score(body, fused) for fused in maps])
            right.append(case.is_fractured(body))
    return np.array(scores, np.float64).reshape(-1, len(weightings)), np.array(right, bool)


def best_votes(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights (planes,) of the calibrated votes that tell fractured from sound bodies with the least log loss.

    Args:
        scores: (N, planes), of each plane alone, the first of which found the bodies: a run without it would find
            others, so its weight is not 0. right: (N,).
    """

    def loss(weights: NDArray[np.float64]) -> float:
        mixed = scores @ weights
        sure = np.clip(Calibration.fitted(mixed.tolist(), right.tolist())(mixed), NEAREST, 1 - NEAREST)
        return float(-np.mean(np.where(right, np.log(sure), np.log(1 - sure))))

    return min((weights for weights in simplex_grid(scores.shape[1], WEIGHT_STEPS) if weights[0] > 0), key=loss)


def measured_votes(
    case: PlanesOfCase, weights: NDArray[np.float64], threshold: float
) -> list[tuple[float, float, bool]]:
    """(vote, loss of height, whether it is fractured in truth) of each body whose loss can be measured, against those
    that are sound in truth.
    """
    fused = case.fused(weights)
    parts = Bodies.of(fused, case.stack.grid, threshold).parts.bodies

    def broken(bodies: Sequence[VotedBody], heights: Sequence[Heights | None]) -> list[bool]:
        return [case.is_fractured(body) for body in bodies]

    return [
        (each.body.score, each.grading.loss, case.is_fractured(each.body))
        for each in measured([voted(body, fused) for body in parts], case.stack, broken)
        if each.grading is not None
    ]


def fit_with_height(judged: Sequence[tuple[float, float, bool]]) -> WithHeight | None:
    """By maximum likelihood on (vote, loss of height, right); None for fewer than LEAST_ANSWERS."""
    if len(judged) < LEAST_ANSWERS:
        return None
    scores, losses, right = (np.array(values, np.float64) for values in zip(*judged, strict=True))
    x = logit(scores)
    found = fit_logistic(np.stack([x, np.ones_like(x), np.maximum(losses, 0)], 1), right, np.array([1.0, 0.0, 0.0]))
    return WithHeight(*found.tolist())
