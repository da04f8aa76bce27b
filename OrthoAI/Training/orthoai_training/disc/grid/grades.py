"""Scores of every classifier of training runs, and of their ensembles, on held-out discs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.progress import Progress
from orthoai.tasks.disc.classify import Classifier
from orthoai.tasks.disc.session import Member

from orthoai_training.disc.classification.evaluate import answers_of, herniation_threshold
from orthoai_training.disc.classification.graded_discs import graded_discs
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.classification.scores import GradedAnswers, GradeScores, score
from orthoai_training.disc.data.split import Part
from orthoai_training.disc.ensemble import members_of
from orthoai_training.disc.grid.runs import ENSEMBLE, TrainedRun

STAGE = "measure classifiers"


@dataclass(frozen=True)
class GradedNetwork:
    """A network, or an ensemble.

    Attributes:
        run: name of the run (:class:`TrainedRun`); FOLDS for several folds.
        megabytes: of its weights in float32.
        epochs, training_s: of one training; None for an ensemble.
    """

    run: str
    name: str
    megabytes: float
    epochs: int | None = None
    training_s: float | None = None


@dataclass(frozen=True)
class GradeFigures:
    """Of one network on the discs of its runs' part."""

    network: GradedNetwork
    scores: GradeScores


@dataclass(frozen=True)
class _Answered:
    """What a network says, and the herniation threshold (N,) of each disc, from the validation part of its fold."""

    network: GradedNetwork
    answers: GradedAnswers
    threshold: NDArray[np.float64]


def measure_grades(
    runs: Sequence[TrainedRun], data: Path, part: Part, segmenter: Path | None = None, progress: Progress | None = None
) -> list[GradeFigures]:
    """Every network of ``runs``; runs of several folds are pooled by network.

    Args:
        segmenter: an exported segmenter that finds the discs of pictures without boxes; None leaves those out.
    """
    rows: dict[tuple[str, str], list[_Answered]] = {}
    for run in runs:
        for one in _answered(run, data, part, segmenter, progress or Progress()):
            rows.setdefault((one.network.run, one.network.name), []).append(one)
    return [_scored(same) for same in rows.values()]


def _answered(
    run: TrainedRun, data: Path, part: Part, segmenter: Path | None, progress: Progress
) -> Iterator[_Answered]:
    source = GraderRequest(data, run.folder, roi=run.record.roi, segmenter=segmenter)
    validation = graded_discs(source, run.record.split.part("validation"))
    samples = validation if part == "validation" else graded_discs(source, run.record.split.part(part))
    graders = list(_graders(run))
    for number, (network, grader) in enumerate(graders):
        progress.report(STAGE, number / len(graders), network.name)
        threshold = herniation_threshold(answers_of(grader, validation))
        answers = answers_of(grader, samples)
        yield _Answered(network, answers, np.full(len(answers.patient), threshold))


def _graders(run: TrainedRun) -> Iterator[tuple[GradedNetwork, Classifier]]:
    loaded = {}
    for name in run.record.networks:
        metrics = run.metrics(name)
        network = GradedNetwork(run.label, name, run.megabytes(name), len(metrics["history"]), metrics["training_s"])
        loaded[name] = _Remembering(run.folder / name / "classifier.onnx")
        yield network, Classifier([Member(loaded[name], 1.0)])
    if run.has_ensemble:
        used = [member for member in members_of(run.folder) if member.share > 0]
        megabytes = sum(run.megabytes(member.folder.name) for member in used)
        voters = [Member(loaded[member.folder.name], member.share) for member in used]
        yield GradedNetwork(run.label, ENSEMBLE, megabytes), Classifier(voters)


class _Remembering(OnnxNetwork):
    """A network that answers a batch once: an ensemble asks what its members were asked before."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._answers: dict[tuple[bytes, tuple[str, ...]], list[NDArray[np.float32]]] = {}

    def __call__(self, batch: NDArray[np.float32], outputs: Sequence[str]) -> list[NDArray[np.float32]]:
        key = (batch.tobytes(), tuple(outputs))
        if key not in self._answers:
            self._answers[key] = super().__call__(batch, outputs)
        return self._answers[key]


def _scored(folds: Sequence[_Answered]) -> GradeFigures:
    first = folds[0].network
    seconds = [one.network.training_s for one in folds if one.network.training_s is not None]
    answers = GradedAnswers(
        **{
            field.name: np.concatenate([getattr(one.answers, field.name) for one in folds])
            for field in fields(GradedAnswers)
        }
    )
    threshold = np.concatenate([one.threshold for one in folds])
    network = replace(first, training_s=float(np.mean(seconds)) if seconds else None)
    return GradeFigures(network, score(answers, threshold))
