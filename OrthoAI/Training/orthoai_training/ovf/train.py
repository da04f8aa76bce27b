"""The whole training of Classify Vertebral Fractures: cases, networks, model folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from orthoai.errors import InputError
from orthoai.models.learned import UNKNOWN, LearnedFrom
from orthoai.models.store import Model, ModelStore
from orthoai.output import made_folder
from orthoai.progress import Progress
from orthoai.tasks.ovf.engines import DETECTOR, OUTLINE
from orthoai.tasks.ovf.task import NAME as TASK_NAME

from orthoai_training.case_seeds import FIRST_OVF_TRAINING, FIRST_OVF_VALIDATION, refuse_tests
from orthoai_training.dataset import CaseFolder
from orthoai_training.earlier_run import claim_run
from orthoai_training.identity import place_of
from orthoai_training.learned import learned_from, note_learned
from orthoai_training.ovf.cases import (
    VALIDATION_SHARE,
    case_folders,
    dealt,
    former_run,
    is_simulated,
    simulated,
    training_folders,
)
from orthoai_training.ovf.detector import OvfRun, train_network
from orthoai_training.ovf.evaluation.fitting import fit_to_cases
from orthoai_training.ovf.model_folder import MODEL_FOLDER, with_settings, write_ovf_model
from orthoai_training.ovf.network_names import MASK_RCNN
from orthoai_training.ovf.outline.model_folder import keep_outline, write_outline_model
from orthoai_training.ovf.outline.train import OutlineRun, train_outline
from orthoai_training.ovf.request import TrainRequest
from orthoai_training.ovf.validate import validate
from orthoai_training.spine_ct.credits import refuse_share_alike, spine_credits
from orthoai_training.text_files import write_json
from orthoai_training.train.blend import SHARE, blend_files
from orthoai_training.train.credits import case_sources
from orthoai_training.train.model_folder import require_model_place, staged_model

DETECTOR_ROLES = ("detector", "discs", "lumbar")
"""Of networks to start from, in the order of preference."""


def train_ovf(request: TrainRequest, progress: Progress | None = None) -> Path:
    """Train and write the model; returns its folder.

    Raises:
        InputError: unusable cases or pictures, no such model, or a library of training is missing.
        Canceled: asked for by ``progress``.
    """
    # First: simulating cases may take an hour.
    model = _start(request)
    in_use = request.out / ("outline" if request.network == OUTLINE else "pictures")
    goes_on = in_use.exists()
    if goes_on and not request.resume:
        raise former_run(request.out)
    made_folder(request.out)
    if request.network != MASK_RCNN:
        require_model_place(request.out / MODEL_FOLDER)
    train, validation = _cases(request, model, progress)
    sources = case_sources([CaseFolder(path) for path in train])
    refuse_share_alike(sources)
    if request.network == MASK_RCNN:
        from orthoai_training.ovf.maskrcnn import train_mask_rcnn

        beside = None if request.beside is None else ModelStore.default().get(request.beside)
        return train_mask_rcnn(_run(request, train, validation, None), progress, beside)
    _note(request, train, validation, model, goes_on)
    if request.network == OUTLINE and model is not None:
        return _outline(request, train, validation, model, spine_credits(sources), progress or Progress())
    run = _run(request, train, validation, model)
    trained = train_network(run, progress)
    if model is not None and request.blend < 1:
        blend_files(model.weights(DETECTOR), trained.file, request.blend, trained.file)
        trained = replace(trained, metrics={**trained.metrics, SHARE: request.blend})
    write_json(
        request.out / "cases.json", {"train": [p.name for p in train], "validation": [p.name for p in validation]}
    )
    found = validate(trained.file, request.out / "pictures")
    settings = {"confidence": found.confidence, "calibration": found.calibration.to_json()}
    # Heights are compared with true ones, which a reviewed case does not tell.
    known = [path for path in validation if is_simulated(path)]
    # Whole or not at all: without outlines or what is fitted it would pass for one that is done.
    with staged_model(request.out / MODEL_FOLDER) as folder:
        write_ovf_model(trained, run, folder, request.recipe, model, spine_credits(sources))
        with_settings(folder, settings, {"validation": found.figures})
        if model is not None:
            keep_outline(folder, model)
        fit_to_cases(folder, known, request.device, progress or Progress())
    return request.out / MODEL_FOLDER


def _start(request: TrainRequest) -> Model | None:
    """The model to start from; None for random weights. Outlines and blends need one of the task (InputError)."""
    if request.network == MASK_RCNN:
        return None
    model = None if request.start is None else ModelStore.default().get(request.start)
    of_task = model is not None and model.metadata.task == TASK_NAME
    if request.network == OUTLINE and not of_task:
        raise InputError(f"Outlines are drawn after those of a detector: name a model for {TASK_NAME} with --start.")
    if request.blend < 1 and not of_task:
        raise InputError(f"Other networks have other layers: name a model for {TASK_NAME} with --start, to blend with.")
    return model


def _outline(
    request: TrainRequest,
    train: Sequence[Path],
    validation: Sequence[Path],
    start: Model,
    credits: Sequence[str],
    progress: Progress,
) -> Path:
    """The model ``start`` with a new outline network."""
    run = OutlineRun(
        out=request.out,
        train=train,
        validation=validation,
        first=start.weights(OUTLINE) if OUTLINE in start.metadata.networks else None,
        minutes=request.minutes,
        device=request.device,
        seed=request.seed,
        resume=request.resume,
    )
    trained = train_outline(run, progress)
    with staged_model(request.out / MODEL_FOLDER) as folder:
        write_outline_model(trained, run, folder, start, credits)
    return request.out / MODEL_FOLDER


def _cases(
    request: TrainRequest, model: Model | None, progress: Progress | None
) -> tuple[Sequence[Path], Sequence[Path]]:
    """(training, validation) folders; none for pictures. The run folder is claimed before anything is made in it."""
    if request.pictures is not None:
        if request.validation is not None:
            raise InputError("--validation names cases: split own pictures into folders train and val instead.")
        _claim(request, model)
        return (), ()
    # Outlines are learned finer than a task's own answer tells them.
    found = case_folders if request.network == OUTLINE else training_folders
    validation = None if request.validation is None else found(request.validation)
    if request.data is not None:
        folders = found(request.data)
        refuse_tests(CaseFolder(path).meta.get("seed") for path in folders)
        _claim(request, model)
        return dealt(request.out, folders, request.seed) if validation is None else (folders, validation)
    count = request.simulate or 0
    if count < 1:
        raise InputError("At least one case must be simulated: give --simulate a number above 0.")
    first, first_held_out = FIRST_OVF_TRAINING + request.seed, FIRST_OVF_VALIDATION + request.seed
    held_out = max(1, round(VALIDATION_SHARE * count))
    refuse_tests((*range(first, first + count), *range(first_held_out, first_held_out + held_out)))
    _claim(request, model)
    cases = request.out / "cases"
    train = simulated(cases, count, first, progress)
    return train, simulated(cases, held_out, first_held_out, progress) if validation is None else validation


def _claim(request: TrainRequest, start: Model | None) -> None:
    """Refuse to go on with other cases, seed or recipe, with which the pictures there were drawn, or from another
    model (InputError).
    """
    folders = {"data": request.data, "pictures": request.pictures, "validation": request.validation}
    asked: dict[str, Any] = {name: None if folder is None else place_of(folder) for name, folder in folders.items()}
    asked |= {"simulate": request.simulate, "seed": request.seed, "recipe": asdict(request.chosen.yolo)}
    asked[f"{request.network}_started_from"] = None if start is None else start.sha256
    options = "--data, --pictures, --validation, --simulate, --seed, --recipe, --epochs or --start"
    # Runs from before this note have the recipe and the seed where they ended.
    claim_run(request.out, asked, options, "trained.json")


def _note(
    request: TrainRequest, train: Sequence[Path], validation: Sequence[Path], start: Model | None, goes_on: bool
) -> None:
    """Which cases the network learns from, and which the one that it goes on from."""
    parts: list[LearnedFrom | None] = [learned_from(map(CaseFolder, train), map(CaseFolder, validation))]
    if request.pictures is not None:
        parts.append(UNKNOWN)  # Nothing tells whom own pictures show.
    role = OUTLINE if request.network == OUTLINE else DETECTOR
    if start is not None:
        first = start.metadata.networks.get(OUTLINE if role == OUTLINE else _detector_role(start))
        parts += [] if first is None else [first.learned_from]
    note_learned(request.out, role, parts, goes_on)


def _run(request: TrainRequest, train: Sequence[Path], validation: Sequence[Path], start: Model | None) -> OvfRun:
    return OvfRun(
        out=request.out,
        recipe=request.chosen,
        train=train,
        validation=validation,
        pictures=request.pictures,
        backbone=None if start is None else start.weights(_detector_role(start)),
        minutes=request.minutes,
        device=request.device,
        seed=request.seed,
        resume=request.resume,
    )


def _detector_role(model: Model) -> str:
    role = next((role for role in DETECTOR_ROLES if role in model.metadata.networks), None)
    if role is None:
        raise InputError(f'The model "{model.name}" has no detector to start from: choose another --start.')
    return role
