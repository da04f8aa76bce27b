"""The whole evaluation of Segment Femur: cases, answers, scores, tables.

OUT/cases/<name>.json   one record per subject; those that are there are not measured again
OUT/evaluation.json     everything, with the models' hashes, seeds and confidence intervals
OUT/subjects.csv        one line per subject and model
OUT/tables.md           the paper's Tables 4 to 7
OUT/figure.png          a dot per subject
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from orthoai import __version__
from orthoai.io.describe import describe
from orthoai.models.store import ModelStore
from orthoai.output import write_error
from orthoai.progress import Progress
from orthoai.provenance import library_versions
from orthoai.segment.device import choose
from orthoai.tasks.femur import TASK

from orthoai_training.evaluate.machine import machine
from orthoai_training.evaluate.plot_style import save
from orthoai_training.evaluate.subject import Subject
from orthoai_training.femur.evaluation.csv_table import csv_text
from orthoai_training.femur.evaluation.figure import draw
from orthoai_training.femur.evaluation.measure import measure
from orthoai_training.femur.evaluation.predict import Predictor, model_facts, named, predictor
from orthoai_training.femur.evaluation.records import Record, Records
from orthoai_training.femur.evaluation.subjects import Loaded, Source
from orthoai_training.femur.evaluation.summary import summarize
from orthoai_training.femur.evaluation.tables import Evaluation, markdown
from orthoai_training.identity import files_sha256
from orthoai_training.shared_options import check_limit
from orthoai_training.text_files import write_text

SCHEMA_VERSION = 1
STAGE = "evaluate"


@dataclass(frozen=True)
class EvaluationRequest:
    """What to measure.

    Attributes:
        out: folder of the evaluation; one on the same cases goes on.
        source: the cases. limit: only so many of them.
        model: the main model; None for the task's own. compare: further models, or "single-stage".
        device: "auto", "cpu" or "cuda".
        command: as typed, for the tables.
    """

    out: Path
    source: Source
    model: str | None = None
    compare: tuple[str, ...] = ()
    limit: int | None = None
    device: str = "auto"
    command: str = ""

    def __post_init__(self) -> None:
        if self.limit is not None:
            check_limit(self.limit)


MakePredictor = Callable[[str, str | None, ModelStore, str], Predictor]


def evaluate_femur(
    request: EvaluationRequest, progress: Progress | None = None, make_predictor: MakePredictor = predictor
) -> Evaluation:
    """Measure what is not measured yet, and write all tables.

    Args:
        make_predictor: stands in for :func:`predictor`, for tests.

    Raises:
        InputError: no cases, an unknown or damaged model, no such device, or an output folder of something else.
        Canceled: asked for by ``progress``; what is measured stays and counts the next time.
    """
    progress = progress or Progress()
    store = ModelStore.default()
    names = list(dict.fromkeys([request.model or TASK.default_model, *request.compare]))
    predictors = named(make_predictor(name, request.model, store, request.device) for name in names)
    records = Records.claimed(request.out, {"orthoai": __version__, **request.source.identity()})
    subjects = list(request.source.subjects())[: request.limit]
    done = []
    for number, subject in enumerate(subjects):
        progress.report(STAGE, number / len(subjects), f"{subject.name}: {number + 1} of {len(subjects)}")
        done.append(_measured(subject, predictors, records, progress))
    models = list(predictors)
    evaluation = Evaluation(
        command=request.command,
        split=request.source.split(len(done)),
        records=done,
        models=models,
        facts={name: model_facts(one) for name, one in predictors.items()},
        groups={model: summarize(done, model) for model in models},
        machine=machine(choose(request.device)),
    )
    write(evaluation, request)
    progress.report(STAGE, 1.0, summary_line(evaluation))
    return evaluation


def _measured(
    subject: Subject[Loaded], predictors: Mapping[str, Predictor], records: Records, progress: Progress
) -> Record:
    """The record of a subject with the scores of all predictors; only what is missing is computed."""
    record, files = records.load(subject.name), files_sha256(subject.files)
    if record is not None and record.files != files:
        record = None  # Its image or labels were corrected.
    missing = {
        name: one for name, one in predictors.items() if record is None or record.weights.get(name) != one.model.sha256
    }
    if record is not None and not missing:
        return record
    case = subject.load()
    if record is None:
        record = Record(subject.name, case.kind, describe(case.volume), case.meta, files=files)
    for name, one in missing.items():
        record.scores[name] = _scores(one, case, progress)
        record.weights[name] = one.model.sha256
        records.save(record)
    return record


def _scores(one: Predictor, case: Loaded, progress: Progress) -> Any:
    progress.check()
    # The stages of a run would drown the line that tells which case it is.
    quiet = Progress(is_canceled=progress.is_canceled)
    prediction = one.predict(case.volume, quiet)
    return measure(case.labels, prediction, case.volume.geometry)


# Outputs


def write(evaluation: Evaluation, request: EvaluationRequest) -> None:
    """Write all files but the records. Raises InputError when the disk refuses."""
    out = request.out
    write_text(out / "subjects.csv", csv_text(evaluation.records, evaluation.models))
    write_text(out / "tables.md", markdown(evaluation))
    content = {
        "schema_version": SCHEMA_VERSION,
        "task": TASK.name,
        "command": evaluation.command,
        "cases": request.source.identity(),
        "split": evaluation.split,
        "kinds": evaluation.kinds,
        "created": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "orthoai_version": __version__,
        "libraries": library_versions(),
        "machine": evaluation.machine,
        "models": {
            model: {
                "facts": evaluation.facts[model],
                "groups": {name: group.to_json() for name, group in evaluation.groups[model].items()},
            }
            for model in evaluation.models
        },
        "subjects": [record.to_json() for record in evaluation.records],
    }
    write_text(out / "evaluation.json", json.dumps(content, indent=1, allow_nan=False))
    try:
        save(draw(evaluation), out / "figure.png")
    except OSError as error:
        raise write_error(error, out) from error


def summary_line(evaluation: Evaluation) -> str:
    """The main model's result in one line."""
    group = evaluation.groups[evaluation.models[0]]["all"]
    means = {name: group.metrics[name].mean if name in group.metrics else np.nan for name in ("iou", "dice", "hd95_mm")}
    worst = group.metrics["dice"].smallest if "dice" in group.metrics else np.nan
    return (
        f"{group.subjects} subjects: IoU {means['iou']:.4f}, Dice {means['dice']:.4f} (worst {worst:.4f}), "
        f"HD95 {means['hd95_mm']:.2f} mm, {group.missed} of {group.present} femora missed"
    )
