"""Figures over cases: all of them, and per kind of data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from orthoai_training.evaluate.intervals import Summary
from orthoai_training.fracture.evaluation.case_score import CaseScore

ALL = "all"

METRICS = (("dice", "Dice", 4), ("iou", "IoU", 4), ("hd95_mm", "HD95 (mm)", 2), ("seconds", "Seconds", 1))
"""Attribute of CaseScore, title, digits."""


@dataclass(frozen=True)
class Group:
    """Cases of one kind.

    Attributes:
        metrics: by name, over the cases that have a fracture (seconds: over all).
        fractured, found, sound, marked: sums over the cases whose bodies are known; None where those of no case are.
        false_findings: sum over the cases.
        clean: cases without a fracture, and quiet: of those the ones where nothing was found.
    """

    cases: int
    metrics: dict[str, Summary | None]
    fractured: int | None
    found: int | None
    sound: int | None
    marked: int | None
    false_findings: int
    clean: int
    quiet: int
    peak_mb: float

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def summarize(scores: Sequence[CaseScore]) -> dict[str, Group]:
    """Groups by name: "all", then each kind of data among ``scores``."""
    kinds = sorted({score.kind for score in scores})
    groups = {ALL: _group(scores)}
    return groups | {kind: _group([score for score in scores if score.kind == kind]) for kind in kinds}


def _group(scores: Sequence[CaseScore]) -> Group:
    ill = [score for score in scores if score.has_fracture]
    well = [score for score in scores if not score.has_fracture]
    metrics = {
        name: Summary.of(getattr(score, name) for score in (scores if name == "seconds" else ill))
        for name, _, _ in METRICS
    }
    return Group(
        len(scores),
        metrics,
        _total(score.fractured for score in scores),
        _total(score.found for score in scores),
        _total(score.sound for score in scores),
        _total(score.marked for score in scores),
        sum(score.false_findings for score in scores),
        len(well),
        sum(score.false_findings == 0 for score in well),
        max((score.peak_mb for score in scores), default=0.0),
    )


def _total(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
