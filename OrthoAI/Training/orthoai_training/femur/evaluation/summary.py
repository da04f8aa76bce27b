"""Scores over subjects: all of them, and per kind of data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from orthoai_training.evaluate.average_precision import (
    COCO_THRESHOLDS,
    PAPER_THRESHOLD,
    Candidate,
    LabelBoxes,
    mean_average_precision,
)
from orthoai_training.evaluate.intervals import Summary
from orthoai_training.femur.evaluation.records import Record
from orthoai_training.femur.evaluation.scores import SIDES, Scores, SubjectScores

ALL = "all"


@dataclass(frozen=True)
class Metric:
    """A column of the tables: attribute of Scores, title, digits, and whether more is better."""

    name: str
    title: str
    digits: int = 4
    rises: bool = True


METRICS = (
    Metric("iou", "Box IoU"),
    Metric("dice", "Dice"),
    Metric("sensitivity", "Sensitivity"),
    Metric("specificity", "Specificity"),
    Metric("pixel_accuracy", "Pixel accuracy"),
    Metric("crop_specificity", "Specificity (crops)"),
    Metric("crop_pixel_accuracy", "Pixel accuracy (crops)"),
    Metric("hd95_mm", "HD95 (mm)", 2, rises=False),
    Metric("surface_dice_1mm", "Surface Dice 1 mm"),
    Metric("surface_dice_2mm", "Surface Dice 2 mm"),
)

RUN_METRICS = ("foreground_dice", "raw_foreground_dice", "inference_s", "peak_rss_mb", "cpu_s", "segmented_l")
"""Figures of a subject that are no Scores."""


@dataclass(frozen=True)
class Group:
    """One model on the subjects of one kind.

    Attributes:
        metrics: by name; per subject, the femora together. femora: the same per femur.
        ap30, ap50, map: average precision of the boxes at IoU >= 0.3, at 0.5, and averaged over 0.5 to 0.95.
        present, missed, extra: femora that are there, of those the ones not found, and ones found where none is.
        timings_s: mean seconds per stage.
    """

    subjects: int
    metrics: dict[str, Summary]
    femora: dict[str, Summary]
    ap30: float | None
    ap50: float | None
    map: float | None
    present: int
    missed: int
    extra: int
    timings_s: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def summarize(records: Sequence[Record], model: str) -> dict[str, Group]:
    """Groups by name: "all", then each kind of data among ``records``."""
    kinds = sorted({record.kind for record in records})
    groups = {ALL: _group([record.scores[model] for record in records])}
    for kind in kinds:
        groups[kind] = _group([record.scores[model] for record in records if record.kind == kind])
    return groups


def _group(subjects: Sequence[SubjectScores]) -> Group:
    femora = [femur for subject in subjects for femur in subject.femora.values()]
    there = [femur for femur in femora if femur.present]
    names = [metric.name for metric in METRICS]
    metrics = {name: Summary.of(getattr(subject.both, name) for subject in subjects) for name in names}
    metrics |= {name: Summary.of(getattr(subject, name) for subject in subjects) for name in RUN_METRICS}
    per_femur = {name: Summary.of(getattr(femur.scores, name) for femur in there) for name in names}
    stages = dict.fromkeys(stage for subject in subjects for stage in subject.timings_s)
    return Group(
        subjects=len(subjects),
        metrics={name: summary for name, summary in metrics.items() if summary},
        femora={name: summary for name, summary in per_femur.items() if summary},
        ap30=average_precision(subjects, (PAPER_THRESHOLD,)),
        ap50=average_precision(subjects, (0.5,)),
        map=average_precision(subjects, COCO_THRESHOLDS),
        present=len(there),
        missed=sum(not femur.found for femur in there),
        extra=sum(femur.found and not femur.present for femur in femora),
        timings_s={stage: sum(s.timings_s.get(stage, 0.0) for s in subjects) / len(subjects) for stage in stages},
    )


def average_precision(subjects: Sequence[SubjectScores], thresholds: Sequence[float]) -> float | None:
    """AP of all boxes of ``subjects``, averaged over sides and thresholds."""
    labels = {}
    for side in SIDES.values():
        femora = [subject.femora[side] for subject in subjects]
        candidates = [Candidate(f.confidence, f.scores.iou or 0.0) for f in femora if f.confidence is not None]
        labels[side] = LabelBoxes(candidates, sum(femur.present for femur in femora))
    return mean_average_precision(labels, thresholds)


def columns(scores: Scores) -> list[float | None]:
    """The figures in the order of METRICS."""
    return [getattr(scores, metric.name) for metric in METRICS]
