"""Dice of every segmenter of training runs, and of their ensembles, on held-out volumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.progress import Progress

from orthoai_training.disc.data.split import Part
from orthoai_training.disc.data.volumes import read_volumes
from orthoai_training.disc.ensemble import members_of
from orthoai_training.disc.grid.runs import ENSEMBLE, FOLDS, TrainedRun
from orthoai_training.disc.segmentation.dice import dice_per_structure, mean_dice
from orthoai_training.disc.segmentation.evaluate import table_of
from orthoai_training.disc.segmentation.saved import SavedSegmenter
from orthoai_training.disc.segmentation.slices import LabeledSlices
from orthoai_training.evaluate.intervals import Summary
from orthoai_training.learning.precision import choose_precision

STAGE = "measure segmenters"

Cases = Mapping[int, Mapping[str, float | None]]
"""Patient to Dice by structure."""


@dataclass(frozen=True)
class MaskFigures:
    """Of one network, or one ensemble, on the patients of its runs' part.

    Attributes:
        run: name of the run (:class:`TrainedRun`); FOLDS for the pooled patients of several folds.
        megabytes: of its weights in float32.
        steps, training_s: of one training; None for an ensemble.
    """

    run: str
    network: str
    megabytes: float
    steps: int | None
    training_s: float | None
    cases: Cases

    @property
    def dice(self) -> Mapping[str, Summary | None]:
        """By structure, and "mean", over the patients."""
        return table_of(self.cases).structures

    @property
    def iou(self) -> Summary | None:
        """Intersection over union, the mean of the structures, over the patients."""
        return Summary.of(mean_dice({name: _iou(dice) for name, dice in one.items()}) for one in self.cases.values())


def _iou(dice: float | None) -> float | None:
    """Of the same two masks: both follow from intersection and union."""
    return None if dice is None else dice / (2 - dice)


def measure_masks(
    runs: Sequence[TrainedRun], data: Path, part: Part, progress: Progress | None = None
) -> list[MaskFigures]:
    """Every network of ``runs``; runs of several folds are pooled by network."""
    return _pooled([figures for run in runs for figures in _figures(run, data, part, progress or Progress())])


def _figures(run: TrainedRun, data: Path, part: Part, progress: Progress) -> Iterator[MaskFigures]:
    cases = {case.patient: LabeledSlices.of(case) for case in read_volumes(data, run.record.split.part(part))}
    precision = choose_precision("cpu")
    shares = {member.folder.name: member.share for member in members_of(run.folder)} if run.has_ensemble else {}
    averages: dict[int, NDArray[np.float32]] = {}
    megabytes = 0.0
    for number, name in enumerate(run.record.networks):
        progress.report(STAGE, number / len(run.record.networks), name)
        network = SavedSegmenter.load(run.folder / name, precision.device)
        found = {}
        for patient, case in cases.items():
            probabilities = network.probabilities(case.image, precision)
            found[patient] = _dice(case, probabilities)
            if shares.get(name, 0) > 0:
                averages[patient] = averages.get(patient, 0) + np.float32(shares[name]) * probabilities
        size = run.megabytes(name)
        megabytes += size if shares.get(name, 0) > 0 else 0
        yield MaskFigures(run.label, name, size, network.metrics.get("steps"), network.metrics.get("training_s"), found)
    if averages:
        found = {patient: _dice(case, averages[patient]) for patient, case in cases.items()}
        yield MaskFigures(run.label, ENSEMBLE, megabytes, None, None, found)


def _dice(case: LabeledSlices, probabilities: NDArray[np.float32]) -> dict[str, float | None]:
    return dice_per_structure(case.labels, probabilities.argmax(1).astype(np.uint8))


def _pooled(found: Sequence[MaskFigures]) -> list[MaskFigures]:
    rows: dict[tuple[str, str], list[MaskFigures]] = {}
    for figures in found:
        rows.setdefault((figures.run, figures.network), []).append(figures)
    return [same[0] if len(same) == 1 else _joined(same) for same in rows.values()]


def _joined(folds: Sequence[MaskFigures]) -> MaskFigures:
    """Each patient is in the part of one fold only."""
    seconds = [one.training_s for one in folds if one.training_s is not None]
    return MaskFigures(
        FOLDS,
        folds[0].network,
        folds[0].megabytes,
        folds[0].steps,
        float(np.mean(seconds)) if seconds else None,
        {patient: scores for one in folds for patient, scores in one.cases.items()},
    )
