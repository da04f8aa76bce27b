"""The whole evaluation of the task: pictures as the paper measures them, and vertebrae through the whole task.

OUT/evaluation.json            every figure, with intervals, seeds and hashes
OUT/vertebrae.csv              one line per true vertebra
OUT/tables.md                  the paper's Table 1, and the figures per vertebra
OUT/*.png                      F1, precision and recall curves, confusion matrices
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthoai.models.store import Model, ModelStore
from orthoai.output import made_folder
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.engines import load_engines
from orthoai.tasks.ovf.pipeline import Spine, examined

from orthoai_training.case_seeds import seed_spans
from orthoai_training.evaluate.machine import measured_on, network_device
from orthoai_training.ovf.evaluation import outputs
from orthoai_training.ovf.evaluation.answers import SLICES_PER_CASE, answers_on_case, open_network
from orthoai_training.ovf.evaluation.confusion import confusion_matrix
from orthoai_training.ovf.evaluation.fitting import plain_engines, write_fitted
from orthoai_training.ovf.evaluation.matching import Measure, PictureAnswer
from orthoai_training.ovf.evaluation.precision import picture_figures
from orthoai_training.ovf.evaluation.source import Source
from orthoai_training.ovf.evaluation.told import told_answers
from orthoai_training.ovf.evaluation.vertebra_summary import NAMES, VertebraFigures, vertebra_figures, vote_calibration
from orthoai_training.ovf.evaluation.vertebrae import CaseScore, case_score
from orthoai_training.ovf.evaluation.weighing import ClassAnswer, class_answers
from orthoai_training.ovf.model_folder import NAME
from orthoai_training.ovf.scenes import case_scene
from orthoai_training.spine_ct.case import SpineCase
from orthoai_training.text_files import write_text


@dataclass(frozen=True)
class PictureSource:
    """Who answers per picture: the key of evaluation.json, the words of headings, and the folder of plots."""

    key: str
    words: str
    folder: str


NETWORK = PictureSource("pictures", "", "")
WHOLE_TASK = PictureSource("pictures_of_task", ", after all slices of a vertebra have voted", "task")


@dataclass(frozen=True)
class EvaluationRequest:
    """What to measure.

    Attributes:
        source: the cases. limit: only so many of them.
        model: name or folder.
        slices: per case, for the figures per picture; 0 leaves these out.
        run_task: measure per vertebra through the whole task.
        calibrate: fit the model's calibration, and the weights of vote and heights, on these cases and write them to
            its card; for validation cases alone.
        device: "auto", "cpu" or "cuda", for the task.
        command: as typed, for the tables.
    """

    out: Path
    source: Source
    model: str = NAME
    limit: int | None = None
    slices: int = SLICES_PER_CASE
    run_task: bool = True
    calibrate: bool = False
    device: str = "auto"
    command: str = ""


def evaluate_ovf(request: EvaluationRequest, progress: Progress | None = None) -> dict[str, Any]:
    """Measure and write all outputs; returns the content of evaluation.json.

    Raises:
        InputError: no cases, an unknown or damaged model, a folder that cannot be written, or too few fractures to fit
            the calibration.
        Canceled: asked for by ``progress``.
    """
    progress = progress or Progress()
    model = ModelStore.default().get(request.model)
    cases = list(request.source.cases())[: request.limit]
    made_folder(request.out)
    if request.calibrate:
        made_folder(model.folder)
    answers: dict[str, list[PictureAnswer]] = {}
    told: dict[str, list[PictureAnswer]] = {}
    scores: dict[str, list[CaseScore]] = {}
    classes: list[ClassAnswer] = []
    seeds: list[int] = []
    network = open_network(model)
    for number, (name, load) in enumerate(cases):
        progress.report("evaluate", number / len(cases), f"{name}: {number + 1} of {len(cases)}")
        case = load()
        seeds.append(case.seed)
        scene = case_scene(case) if request.slices else None
        if scene is not None:
            answers.setdefault(case.kind, []).extend(answers_on_case(network, scene, name, request.slices))
        if request.run_task:
            result, spine = _run(case, request)
            scores.setdefault(case.kind, []).append(case_score(case, name, result))
            classes += class_answers(case, result, spine) if request.calibrate else []
            if scene is not None:
                told.setdefault(case.kind, []).extend(told_answers(scene, result, spine, name, request.slices))
    content = {
        **measured_on(network_device(model, request.device)),
        "command": request.command,
        "model": request.model,
        "seeds": seeds,
        "weights": {role: network.sha256 for role, network in model.metadata.networks.items()},
    }
    lines = [*_head(request, model, content["machine"]), f"- Cases: {len(cases)}, of the seeds {seed_spans(seeds)}"]
    for source, found_by_kind in ((NETWORK, answers), (WHOLE_TASK, told)):
        lines += _pictures(found_by_kind, source, request.out, content)
    lines += _vertebrae(scores, request.out, content)
    fitted = vote_calibration([case for found in scores.values() for case in found])
    content["calibration"] = fitted.to_json()
    lines += ["", "## How it is counted", "", outputs.NOTES, ""]
    write_text(request.out / "tables.md", "\n".join(lines))
    write_text(request.out / "evaluation.json", json.dumps(content, indent=1))
    if request.calibrate:
        # Last: what was measured counts though it may not be enough to fit.
        write_fitted(model.folder, fitted, classes)
    progress.report("evaluate", 1.0)
    return content


def _run(case: SpineCase, request: EvaluationRequest) -> tuple[Result, Spine | None]:
    load = plain_engines if request.calibrate else load_engines
    return examined(case.volume, RunOptions(device=request.device, model=request.model), None, load)


def _head(request: EvaluationRequest, model: Model, machine: str) -> list[str]:
    hashes = ", ".join(f"{role} `{network.sha256[:12]}`" for role, network in model.metadata.networks.items())
    lines = ["# Evaluation of Classify Vertebral Fractures", "", f"- Command: `{request.command}`"]
    return [*lines, f"- Model {model.name} {model.metadata.version}; weights: {hashes}", f"- Machine: {machine}"]


def _pictures(
    answers: dict[str, list[PictureAnswer]], source: PictureSource, out: Path, content: dict[str, Any]
) -> list[str]:
    lines: list[str] = []
    content[source.key] = {}
    for kind, found in answers.items():
        if not found:
            continue
        # Heavy: matplotlib.
        from orthoai_training.ovf.evaluation.plots import save_confusion, save_curves

        figures = {measure: picture_figures(found, measure) for measure in Measure}
        folder = out / kind.replace(" ", "_") / source.folder
        folder.mkdir(parents=True, exist_ok=True)
        for measure, one in figures.items():
            save_curves(one.curves, measure, folder)
        confusion = confusion_matrix(found)
        save_confusion(confusion, folder / "confusion.png", f"Instances per picture, {kind}{source.words}")
        content[source.key][kind] = {
            **{measure.value.lower(): one.to_json() for measure, one in figures.items()},
            "confusion": confusion.tolist(),
        }
        patients = len({answer.case for answer in found})
        lines += [
            "",
            f"## Per picture, {kind}{source.words} ({len(found)} pictures of {patients} cases; paper: Table 1)",
            "",
        ]
        lines += outputs.picture_table(figures)
    return lines


def _vertebrae(scores: dict[str, list[CaseScore]], out: Path, content: dict[str, Any]) -> list[str]:
    if not scores:
        return []
    from orthoai_training.ovf.evaluation.plots import save_confusion

    groups: dict[str, VertebraFigures] = {kind: vertebra_figures(found) for kind, found in scores.items()}
    for kind, group in groups.items():
        folder = out / kind.replace(" ", "_")
        folder.mkdir(parents=True, exist_ok=True)
        save_confusion(group.confusion, folder / "vertebrae.png", f"Vertebrae, {kind}", NAMES)
    every = [score for found in scores.values() for case in found for score in case.vertebrae]
    write_text(out / "vertebrae.csv", outputs.csv_text(every))
    content["vertebrae"] = {kind: group.to_json() for kind, group in groups.items()}
    runs = [case for found in scores.values() for case in found]
    stages = dict.fromkeys(stage for case in runs for stage in case.seconds)
    mean = {stage: sum(case.seconds.get(stage, 0.0) for case in runs) / len(runs) for stage in stages}
    content["seconds"] = mean
    times = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in mean.items())
    return [
        "",
        "## Per vertebra, through the whole task",
        "",
        *outputs.vertebra_table(groups),
        "",
        f"Mean time: {times}.",
    ]
