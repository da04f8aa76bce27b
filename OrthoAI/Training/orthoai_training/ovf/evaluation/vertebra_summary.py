"""Figures per vertebra over cases, by kind of data, with confidence intervals over vertebrae."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.tasks.ovf.labels import FRACTURES

from orthoai_training.evaluate.intervals import Summary
from orthoai_training.ovf.evaluation.vertebrae import HEIGHTS, NORMAL, CaseScore, VertebraScore
from orthoai_training.train.calibration import FittedCalibration

NAMES = (*FRACTURES, NORMAL)

CLOSE_MM = 1.0
"""Height error that the project asks for."""

THIN_MM = 3.0
"""Thicker slices hide heights: there even true masks are right to CLOSE_MM only in seven of ten."""


@dataclass(frozen=True, eq=False)
class VertebraFigures:
    """Over the cases of one kind.

    Attributes:
        cases, vertebrae, fractures: counted; vertebrae that the field of view cuts are not among them.
        figures: by name, each a mean with its interval; None where it is not defined.
        false_findings: fractures found on normal or cut vertebrae, or on none.
        missed: fractures not found.
        confusion: (found, true) by NAMES.
        dice: by class, mean over the cases that have the class.
    """

    cases: int
    vertebrae: int
    fractures: int
    figures: dict[str, Summary | None]
    false_findings: int
    missed: int
    confusion: NDArray[np.int64]
    dice: dict[str, Summary | None]

    def to_json(self) -> dict[str, Any]:
        """For a results file."""
        return {
            "cases": self.cases,
            "vertebrae": self.vertebrae,
            "fractures": self.fractures,
            "false_findings": self.false_findings,
            "missed": self.missed,
            "figures": {name: summary and asdict(summary) for name, summary in self.figures.items()},
            "dice": {name: summary and asdict(summary) for name, summary in self.dice.items()},
            "confusion": {"found_by_true": self.confusion.tolist(), "names": list(NAMES)},
        }


def vertebra_figures(cases: Sequence[CaseScore]) -> VertebraFigures:
    """Every figure over ``cases``."""
    every = [score for case in cases for score in case.vertebrae]
    whole = [score for score in every if score.truth.whole]
    broken = [score for score in whole if score.broken]
    measured = [score for score in whole if score.heights_mm is not None]
    false = sum(s.found != NORMAL for s in every if not s.broken) + sum(case.elsewhere for case in cases)
    false += sum(s.found != NORMAL for s in every if s.broken and not s.truth.whole)
    figures: dict[str, Summary | None] = {
        "class accuracy, all vertebrae": _share(s.found == s.truth.label for s in whole),
        "class accuracy, fractured vertebrae": _share(s.found == s.truth.label for s in broken),
        "fractures found": _share(s.found != NORMAL for s in broken),
        "class accuracy, fractures found": _share(s.found == s.truth.label for s in broken if s.found != NORMAL),
        "false findings per vertebra": Summary.of([false / len(every)]) if every else None,
        "grade exact, all vertebrae": _share(s.grade == s.truth.grade for s in whole),
        "grade exact, fractured vertebrae": _share(s.grade == s.truth.grade for s in broken),
        "heights measured": _share(s.heights_mm is not None for s in whole),
    }
    groups = {
        "": measured,
        ", fractured vertebrae": [s for s in measured if s.broken],
        f", slices up to {THIN_MM:g} mm": [s for s in measured if s.slice_mm <= THIN_MM],
    }
    for words, some in groups.items():
        for number, site in enumerate(HEIGHTS):
            figures[f"{site} height error (mm){words}"] = Summary.of(_error(s, number) for s in some)
            figures[f"{site} height within 1 mm{words}"] = _share(_error(s, number) <= CLOSE_MM for s in some)
        figures[f"all heights within 1 mm{words}"] = _share(max(s.height_errors_mm or (9.0,)) <= CLOSE_MM for s in some)
    return VertebraFigures(
        cases=len(cases),
        vertebrae=len(whole),
        fractures=len(broken),
        figures=figures,
        false_findings=false,
        missed=sum(s.found == NORMAL for s in broken),
        confusion=_confusion(whole),
        dice={name: Summary.of(case.dice.get(name) for case in cases) for name in (*FRACTURES, "fracture")},
    )


def vote_calibration(cases: Sequence[CaseScore]) -> FittedCalibration:
    """What the probability of a finding on a whole vertebra is worth."""
    said = [s for case in cases for s in case.vertebrae if s.truth.whole and s.probability is not None]
    return FittedCalibration.fitted([s.probability or 0.0 for s in said], [s.is_right for s in said])


def _error(score: VertebraScore, site: int) -> float:
    errors = score.height_errors_mm
    return float("inf") if errors is None else errors[site]


def _share(right: Iterable[bool]) -> Summary | None:
    return Summary.of(float(one) for one in right)


def _confusion(scores: Sequence[VertebraScore]) -> NDArray[np.int64]:
    table = np.zeros((len(NAMES), len(NAMES)), np.int64)
    for score in scores:
        table[NAMES.index(score.found), NAMES.index(score.truth.label)] += 1
    return table
