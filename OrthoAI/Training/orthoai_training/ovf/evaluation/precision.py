"""The paper's Table 1: precision, recall, mAP50 and mAP50-95 of boxes and masks, by class.

AP is the area under all points of the precision over recall, precision made falling first (as in COCO, but at every
recall rather than at 101); the paper's formula (1) is the same sum without making it falling. mAP50-95 is the mean over
IoU 0.50, 0.55 ... 0.95. Precision and recall are those at the confidence where the mean F1 of the fracture classes is
highest, as ultralytics reports them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.tasks.ovf.labels import CLASSES, FRACTURES

from orthoai_training.evaluate.average_precision import COCO_THRESHOLDS, Candidate, LabelBoxes
from orthoai_training.ovf.evaluation.matching import Measure, PictureAnswer

GRID = np.linspace(0, 1, 501)
"""Confidences of the curves."""

RESAMPLES = 200

RIGHT = 0.5
"""Candidates carry 1 where right and 0 where wrong (see PictureAnswer.candidates)."""


@dataclass(frozen=True)
class ClassFigures:
    """Of one class, or the mean of the three fracture classes; None where the class is nowhere to be found."""

    instances: int
    precision: float | None
    recall: float | None
    map50: float | None
    map50_95: float | None


@dataclass(frozen=True, eq=False)
class Curves:
    """Over the confidences of GRID: (classes, len(GRID)) at IoU 0.5."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]

    @property
    def best(self) -> int:
        """Place in GRID where the mean F1 of the fracture classes is highest."""
        return int(self.f1[: len(FRACTURES)].mean(axis=0).argmax())


@dataclass(frozen=True, eq=False)
class PictureFigures:
    """Of one measure over pictures.

    Attributes:
        by_class: CLASSES, and "all" for the mean of the fracture classes.
        confidence: at which precision and recall are given.
        intervals: 95 % of "all" map50 and map50_95 by percentile bootstrap over cases (200 resamples, fixed seed).
    """

    pictures: int
    by_class: dict[str, ClassFigures]
    confidence: float
    intervals: dict[str, tuple[float, float]]
    curves: Curves

    def to_json(self) -> dict[str, Any]:
        """For a results file, without the curves."""
        return {
            "pictures": self.pictures,
            "by_class": {name: asdict(figures) for name, figures in self.by_class.items()},
            "confidence": self.confidence,
            "intervals": self.intervals,
        }


Table = list[list[tuple[Candidate, ...]]]
"""By class, then by COCO threshold."""


def picture_figures(answers: Sequence[PictureAnswer], measure: Measure) -> PictureFigures:
    """Every figure of ``measure`` over ``answers``, at least one."""
    tables: list[Table] = [[a.candidates(kind, measure) for kind in range(len(CLASSES))] for a in answers]
    counts = np.array([np.bincount(answer.true_kinds, minlength=len(CLASSES)) for answer in answers])
    curves = _curves(tables, counts.sum(axis=0))
    at = curves.best
    precisions = _precisions(tables, counts)
    by_class = {}
    for kind, name in enumerate(CLASSES):
        there = counts[:, kind].sum() > 0
        by_class[name] = ClassFigures(
            int(counts[:, kind].sum()),
            float(curves.precision[kind, at]) if there else None,
            float(curves.recall[kind, at]) if there else None,
            _value(precisions[kind, 0]),
            _value(precisions[kind].mean()),
        )
    return PictureFigures(
        len(answers), {"all": _mean(by_class), **by_class}, float(GRID[at]), _intervals(answers, tables, counts), curves
    )


def _precisions(tables: Sequence[Table], counts: NDArray, kinds: int = len(CLASSES)) -> NDArray[np.float64]:
    """AP (kinds, thresholds) of the first ``kinds`` classes; NaN for a class that is nowhere."""
    found = np.full((kinds, len(COCO_THRESHOLDS)), np.nan)
    for kind in np.flatnonzero(counts[:, :kinds].sum(axis=0)):
        for n in range(len(COCO_THRESHOLDS)):
            candidates = [candidate for table in tables for candidate in table[kind][n]]
            found[kind, n] = LabelBoxes(candidates, int(counts[:, kind].sum())).average_precision(RIGHT)
    return found


def _curves(tables: Sequence[Table], totals: NDArray) -> Curves:
    precision, recall = np.ones((len(CLASSES), len(GRID))), np.zeros((len(CLASSES), len(GRID)))
    for kind in range(len(CLASSES)):
        candidates = [candidate for table in tables for candidate in table[kind][0]]
        scores = np.array([candidate.score for candidate in candidates])
        right = np.array([candidate.iou >= RIGHT for candidate in candidates], bool)
        kept = scores[None] >= GRID[:, None]
        answered, hits = kept.sum(axis=1), (kept & right[None]).sum(axis=1)
        precision[kind] = np.where(answered > 0, hits / np.maximum(answered, 1), 1.0)
        recall[kind] = hits / max(int(totals[kind]), 1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    return Curves(precision, recall, f1)


def _intervals(
    answers: Sequence[PictureAnswer], tables: Sequence[Table], counts: NDArray
) -> dict[str, tuple[float, float]]:
    cases = sorted({answer.case for answer in answers})
    members = {case: [n for n, answer in enumerate(answers) if answer.case == case] for case in cases}
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(RESAMPLES):
        picked = [n for c in random.integers(0, len(cases), len(cases)) for n in members[cases[c]]]
        found = _precisions([tables[n] for n in picked], counts[picked], len(FRACTURES))
        if not np.isnan(found).all():
            drawn.append((np.nanmean(found[:, 0]), np.nanmean(found)))
    if not drawn:
        return {}
    low, high = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
    return {"map50": (float(low[0]), float(high[0])), "map50_95": (float(low[1]), float(high[1]))}


def _mean(by_class: dict[str, ClassFigures]) -> ClassFigures:
    rows = [by_class[name] for name in FRACTURES]

    def mean(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if known else None

    return ClassFigures(
        sum(row.instances for row in rows),
        mean([row.precision for row in rows]),
        mean([row.recall for row in rows]),
        mean([row.map50 for row in rows]),
        mean([row.map50_95 for row in rows]),
    )


def _value(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
