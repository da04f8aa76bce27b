"""How well discs are graded: AUC and quadratic weighted kappa with confidence intervals over patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

RESAMPLES = 2000
LEVEL = 0.95
SEED = 0

Numbers = NDArray[np.float64]
Statistic = Callable[[NDArray, NDArray], float | None]


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % confidence interval (percentile bootstrap over patients); None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class GradeScores:
    """Of one set of discs.

    Attributes:
        discs, patients, herniated, bulging: counts.
        herniation_auc, bulge_auc: area under the ROC curve.
        pfirrmann_kappa: quadratic weighted; pfirrmann_exact, pfirrmann_within_one: shares of discs.
        herniation_accuracy, herniation_sensitivity, herniation_specificity: at ``herniation_threshold``, which was
            chosen elsewhere (validation); the mean of several.
    """

    discs: int
    patients: int
    herniated: int
    bulging: int
    herniation_auc: Interval
    bulge_auc: Interval
    pfirrmann_kappa: Interval
    pfirrmann_exact: Interval
    pfirrmann_within_one: Interval
    herniation_threshold: float
    herniation_accuracy: Interval
    herniation_sensitivity: Interval
    herniation_specificity: Interval

    def to_json(self) -> dict:
        """For a results file."""
        return asdict(self)


@dataclass(frozen=True)
class GradedAnswers:
    """What was said of discs and what is true, in one order: each (N,)."""

    patient: NDArray[np.int64]
    herniated: NDArray[np.bool_]
    bulging: NDArray[np.bool_]
    grade: NDArray[np.int64]
    said_herniation: Numbers
    said_bulge: Numbers
    said_grade: NDArray[np.int64]


def score(answers: GradedAnswers, threshold: float | Numbers) -> GradeScores:
    """Every figure; ``threshold`` is the herniation probability from which on a disc counts as herniated.

    It may differ from disc to disc (N,), as for the pooled answers of several folds.
    """

    def interval(statistic: Statistic, truth: NDArray, said: NDArray) -> Interval:
        return bootstrap(statistic, truth, said, answers.patient)

    herniated, said = answers.herniated, answers.said_herniation >= threshold
    return GradeScores(
        discs=len(answers.patient),
        patients=len(np.unique(answers.patient)),
        herniated=int(herniated.sum()),
        bulging=int(answers.bulging.sum()),
        herniation_auc=interval(auc, herniated, answers.said_herniation),
        bulge_auc=interval(auc, answers.bulging, answers.said_bulge),
        pfirrmann_kappa=interval(quadratic_kappa, answers.grade, answers.said_grade),
        pfirrmann_exact=interval(_agreement, answers.grade, answers.said_grade),
        pfirrmann_within_one=interval(_within_one, answers.grade, answers.said_grade),
        herniation_threshold=float(np.mean(threshold)),
        herniation_accuracy=interval(_agreement, herniated, said),
        herniation_sensitivity=interval(_recall, herniated, said),
        herniation_specificity=interval(_recall, ~herniated, ~said),
    )


def auc(truth: NDArray, said: NDArray) -> float | None:
    """Probability that a positive outranks a negative, ties counting half; None with one class only."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return None
    ranks = rankdata(said)
    return float((ranks[truth.astype(bool)].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def quadratic_kappa(truth: NDArray, said: NDArray) -> float | None:
    """1 - mean squared difference / that of independent answers (Cohen 1968); None for one grade or none."""
    if not len(truth):
        return None
    by_chance = ((truth[:, None] - said[None, :]).astype(np.float64) ** 2).mean()
    if by_chance == 0:
        return None
    return float(1 - ((truth - said).astype(np.float64) ** 2).mean() / by_chance)


def best_threshold(truth: NDArray, said: Numbers) -> float:
    """The probability with the best sensitivity + specificity (Youden 1950), between two answers; 0.5 if undefined."""
    if not truth.any() or truth.all():
        return 0.5
    levels = np.unique(said)
    middles = (levels[1:] + levels[:-1]) / 2
    if not len(middles):
        return 0.5
    gains = [(said[truth] >= middle).mean() - (said[~truth] >= middle).mean() for middle in middles]
    return float(middles[int(np.argmax(gains))])


def bootstrap(statistic: Statistic, truth: NDArray, said: NDArray, patients: Sequence[int] | NDArray) -> Interval:
    """``statistic`` and its interval over resampled patients; resamples where it is not defined are left out."""
    value = statistic(truth, said)
    _, codes = np.unique(np.asarray(patients), return_inverse=True)
    members = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]
    if value is None or len(members) < 2:
        return Interval(value, None, None)
    random = np.random.default_rng(SEED)
    found = []
    for _ in range(RESAMPLES):
        picks = np.concatenate([members[n] for n in random.integers(0, len(members), len(members))])
        again = statistic(truth[picks], said[picks])
        if again is not None:
            found.append(again)
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))


def _agreement(truth: NDArray, said: NDArray) -> float | None:
    return float((truth == said).mean())


def _within_one(truth: NDArray, said: NDArray) -> float | None:
    return float((abs(truth - said) <= 1).mean())


def _recall(truth: NDArray, said: NDArray) -> float | None:
    return float(said[truth].mean()) if truth.any() else None
