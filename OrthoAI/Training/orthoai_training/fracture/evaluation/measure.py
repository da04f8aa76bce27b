"""Run the task on every case and keep what is measured, one file per case, so that a stopped run goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai import __version__
from orthoai.models.store import Model, ModelStore
from orthoai.progress import Progress
from orthoai.tasks import RunOptions, get_task
from orthoai.volume import Volume

from orthoai_training.evaluate.claim import claim_evaluation
from orthoai_training.evaluate.network_facts import fingerprint
from orthoai_training.evaluate.peak_memory import peak_memory
from orthoai_training.fracture.evaluation.case_score import CaseScore, score_case
from orthoai_training.fracture.evaluation.outputs import write_outputs
from orthoai_training.fracture.evaluation.sources import Source
from orthoai_training.fracture.evaluation.summary import summarize
from orthoai_training.identity import files_sha256
from orthoai_training.text_files import read_json, write_json

TASK = "fracture"

STAGE = "measure"

FILES = "files"
"""Key of a record: SHA-256 of the files of its case, by name."""


@dataclass(frozen=True)
class Answer:
    """Of the task: the mask (K, J, I) on the input's grid, and seconds by stage."""

    mask: NDArray[np.bool_]
    timings_s: dict[str, float]


Predict = Callable[[Volume, Progress], Answer]


@dataclass(frozen=True)
class EvaluationRequest:
    """What to measure, on what.

    Attributes:
        model: name or folder; None for the task's own. limit: only the first cases.
        command: as it was typed, for the tables.
    """

    out: Path
    source: Source
    model: str | None = None
    limit: int | None = None
    device: str = "auto"
    command: str = ""


def evaluate_fracture(
    request: EvaluationRequest, progress: Progress | None = None, predict: Predict | None = None
) -> list[CaseScore]:
    """Measure and write cases.csv, scores.json, tables.md and figure.png into ``request.out``.

    Args:
        predict: stands in for the task, for tests.

    Raises:
        InputError: no cases, no such model, or OUT holds an evaluation of other cases or another model.
        Canceled: asked for by ``progress``; what is measured stays.
    """
    progress = progress or Progress()
    identity: dict[str, Any] = {"orthoai": __version__, **request.source.identity, "model": "given"}
    if predict is None:
        model, predict = _task(request)
        identity |= {"model": model.name, "networks": fingerprint(model)}
    folder = claim_evaluation(request.out, identity)
    subjects = list(request.source.subjects())[: request.limit]
    scores = []
    for number, subject in enumerate(subjects):
        progress.report(STAGE, number / len(subjects), subject.name)
        file, sha256 = folder / f"{subject.name}.json", files_sha256(subject.files)
        score = _kept(file, sha256)
        if score is None:
            case = subject.load()
            with peak_memory() as peak:
                start = perf_counter()
                answer = predict(case.volume, progress)
                seconds = perf_counter() - start
                score = score_case(case, answer.mask, answer.timings_s, seconds, peak())
            write_json(file, {**score.to_json(), FILES: sha256})
        scores.append(score)
    write_outputs(request.out, scores, summarize(scores), request.command, request.source.about, identity["model"])
    progress.report(STAGE, 1.0)
    return scores


def _task(request: EvaluationRequest) -> tuple[Model, Predict]:
    task = get_task(TASK)
    model = ModelStore.default().get(request.model or task.default_model)
    options = RunOptions(device=request.device, model=str(model.folder))

    def predict(volume: Volume, progress: Progress) -> Answer:
        result = task.run(volume, options, progress)
        return Answer(np.asarray(result.segmentation) == 1, dict(result.timings_s))

    return model, predict


def _kept(file: Path, sha256: dict[str, str]) -> CaseScore | None:
    """The score in ``file``; None where there is none of a case whose files are these."""
    try:
        content = dict(read_json(file) or {})
        return CaseScore.from_json(content) if content.pop(FILES, {}) == sha256 else None
    except (ValueError, TypeError):
        return None
