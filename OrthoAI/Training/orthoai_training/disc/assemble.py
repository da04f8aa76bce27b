"""A training that ends with a model which ``orthoai run disc`` takes: trained networks, the rest from another model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from orthoai.models.store import Model
from orthoai.progress import Progress
from orthoai.tasks.disc.crop import CROP_PIXEL_MM, CROP_SHAPE
from orthoai.tasks.disc.segment import SEGMENT_PIXEL_MM, STRIDE

from orthoai_training.disc.classification import request as graders
from orthoai_training.disc.classification.export import NETWORK_FILE as GRADER_FILE
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.classification.train import TrainedGraders, train_graders
from orthoai_training.disc.data.lessons import Lessons
from orthoai_training.disc.detection.request import DetectorRequest
from orthoai_training.disc.detection.train import train_detectors
from orthoai_training.disc.model_folder import TrainedNetwork, TrainedRole, require_place, write_disc_model
from orthoai_training.disc.segmentation import request as segmenters
from orthoai_training.disc.segmentation.export import NETWORK_FILE as SEGMENTER_FILE
from orthoai_training.disc.segmentation.request import SegmenterRequest
from orthoai_training.disc.segmentation.train import train_segmenters
from orthoai_training.disc.segmentation.trainer import TrainedSegmenter
from orthoai_training.disc.start import MODEL_FOLDER, base_model
from orthoai_training.learned import noted
from orthoai_training.learning.first_weights import FROM_MODEL
from orthoai_training.train.blend import SHARE
from orthoai_training.train.credits import SPIDER

CREDITS = (f"{SPIDER}; networks trained on its images, masks and radiological gradings.",)

SPIDER_DATA = {
    "kind": "sagittal T2 MR of the lumbar spine of SPIDER, split by patient before training",
    "split": "orthoai_training/disc/data/split.json",
}

REVIEWED_KIND = "reviewed cases of the task, split by subject"


_Request = DetectorRequest | GraderRequest | SegmenterRequest


@dataclass(frozen=True)
class Outcome:
    """Of a training: what to tell of each network, and the model's folder; None for networks that are only measured."""

    told: Mapping[str, str]
    model: Path | None


def segmenter_model(request: SegmenterRequest, progress: Progress | None = None) -> Outcome:
    """Train segmenters; see :func:`train_segmenters`."""
    base = _base(request, segmenters.ROLE)
    trained = train_segmenters(request, progress)
    told = {name: one.metrics["first_weights"] for name, one in trained.items()}
    if not request.makes_model:
        return Outcome(told, None)
    (one,) = trained.values()
    return Outcome(told, _written(request, _segmenter(request, one, base)))


def grader_model(request: GraderRequest, progress: Progress | None = None) -> Outcome:
    """Train classifiers; see :func:`train_graders`."""
    base = _base(request, graders.ROLE)
    trained = train_graders(request, progress)
    told = {name: one.metrics["first_weights"] for name, one in trained.networks.items()}
    if not request.makes_model:
        return Outcome(told, None)
    return Outcome(told, _written(request, _graders(request, trained, base)))


def detector_model(request: DetectorRequest, progress: Progress | None = None) -> Outcome:
    """Train one detector or both; see :func:`train_detectors`."""
    for stage in request.stages:
        base = _base(request, stage.value)
    trained = train_detectors(request, progress)
    told = {stage.value: f"in {one.seconds:.0f} s" for stage, one in trained.items()}
    if not request.makes_model:
        return Outcome(told, None)
    folder, rest = request.out / MODEL_FOLDER, request
    for stage, one in trained.items():
        recipe = request.recipe_of(stage)
        settings = {"image_size": recipe.yolo.image_size, "labels": [stage.label]}
        data = _data(
            request,
            request.lessons[stage],
            train_slices=one.train_slices,
            validation_slices=one.validation_slices,
            simulated_patients=request.simulated_for(stage),
        )
        role = TrainedRole(
            stage.value,
            [TrainedNetwork(one.file, recipe.yolo.architecture, settings, noted(one.file.parent, stage.value))],
            {
                "data": data,
                **_started(request.start is not None, base, stage.value),
                "seed": request.seed,
                **asdict(recipe),
            },
            {"validation slices": {**one.metrics, "training_s": round(one.seconds, 1)}},
            _credits(request),
        )
        _written(rest, role)
        # The other detector takes its place beside this one.
        rest = replace(rest, start=None)
    return Outcome(told, folder)


def _base(request: _Request, role: str) -> Model:
    """The model that gives the roles that are not trained; where it cannot, an InputError says so."""
    base = base_model(request.out, request.start)
    if request.makes_model:
        require_place(role, base, request.out / MODEL_FOLDER)
    return base


def _written(request: _Request, role: TrainedRole) -> Path:
    """The model in its folder. What it takes over is asked for anew: another training may have ended there since."""
    return write_disc_model(role, _base(request, role.role), request.out / MODEL_FOLDER)


def _segmenter(request: SegmenterRequest, one: TrainedSegmenter, base: Model) -> TrainedRole:
    metrics, folder = one.metrics, one.weights.parent
    counts = {key: metrics[key] for key in ("train_cases", "validation_cases")}
    data = _data(request, request.lessons, **counts)
    settings = {"pixel_mm": SEGMENT_PIXEL_MM, "stride": STRIDE}
    return TrainedRole(
        segmenters.ROLE,
        [TrainedNetwork(folder / SEGMENTER_FILE, segmenters.ARCHITECTURE, settings, noted(folder, segmenters.ROLE))],
        {
            "data": data,
            **_started(metrics["first_weights"] == FROM_MODEL, base, segmenters.ROLE),
            **({SHARE: request.blend} if request.blend < 1 else {}),
            "seed": request.seed,
            **metrics["recipe"],
        },
        {"validation cases": one.facts()},
        _credits(request),
    )


def _graders(request: GraderRequest, trained: TrainedGraders, base: Model) -> TrainedRole:
    networks: list[TrainedNetwork] = []
    for (architecture, _), one, weight in zip(
        request.networks.values(), trained.networks.values(), trained.weights, strict=True
    ):
        settings: dict[str, Any] = {"crop_shape": list(CROP_SHAPE), "crop_pixel_mm": CROP_PIXEL_MM, "weight": weight}
        if not networks and trained.herniation_threshold is not None:
            settings["herniation_threshold"] = trained.herniation_threshold
        named = graders.ARCHITECTURE if architecture == "compact" else architecture
        folder = one.weights.parent
        networks.append(TrainedNetwork(folder / GRADER_FILE, named, settings, noted(folder, graders.ROLE)))
    metrics = {name: one.metrics for name, one in trained.networks.items()}
    first = next(iter(metrics.values()))
    data = _data(request, request.lessons, **{key: first[key] for key in ("train_discs", "validation_discs")})
    figures = {name: {key: each[key] for key in ("best_quality", "training_s")} for name, each in metrics.items()}
    return TrainedRole(
        graders.ROLE,
        networks,
        {
            "data": data,
            **_started(first["first_weights"] == FROM_MODEL, base, graders.ROLE),
            "seed": request.seed,
            **{name: each["recipe"] for name, each in metrics.items()},
        },
        {"validation discs": figures},
        _credits(request),
    )


def _data(request: _Request, lessons: Lessons[Any], **counts: int) -> dict[str, Any]:
    """What the card says of the data, those ``lessons`` of reviewed cases included."""
    data: dict[str, Any] = {} if request.data is None else dict(SPIDER_DATA)
    if request.reviewed is not None:
        counts |= lessons.counts
        if lessons:
            data["kind"] = f"{data['kind']}; {REVIEWED_KIND}" if data else REVIEWED_KIND
    return {**data, **counts}


def _credits(request: _Request) -> tuple[str, ...]:
    return () if request.data is None else CREDITS


def _started(from_base: bool, base: Model, role: str) -> dict[str, Any]:
    """Whose weights were trained on, if any."""
    if not from_base:
        return {}
    return {"started_from": {"model": base.name, "version": base.metadata.version, "sha256": base.network(role).sha256}}
