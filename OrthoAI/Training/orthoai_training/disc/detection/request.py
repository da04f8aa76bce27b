"""From the SPIDER sets and reviewed cases to trained detectors, and to a model's figures on held-out patients."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from orthoai.detect.detector import Detector
from orthoai.detect.onnx_yolo import OnnxYolo
from orthoai.errors import InputError
from orthoai.models.store import Model, ModelStore
from orthoai.progress import Progress
from orthoai.tasks.disc.engines import CONFIDENCE
from orthoai.tasks.disc.locate import Located, locate
from orthoai.tasks.disc.picture import normalized

from orthoai_training.disc.data.lessons import Lessons, taught
from orthoai_training.disc.data.patients import PatientsRequest
from orthoai_training.disc.data.sources import check_sources
from orthoai_training.disc.data.split import Part, split_of
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.measure import (
    LevelRecall,
    Precision,
    disc_pictures,
    level_recall,
    region_pictures,
    run_pictures,
)
from orthoai_training.disc.detection.recipe import COMPACT, COMPACT_LUMBAR, PAPER, StageRecipe
from orthoai_training.disc.detection.reviewed import reviewed_scene
from orthoai_training.disc.detection.scene import Scene
from orthoai_training.disc.detection.simulated import simulated_scenes
from orthoai_training.disc.detection.sources import scenes
from orthoai_training.disc.detection.train import StageRun, TrainedStage, train_stage
from orthoai_training.disc.segmentation.evaluate import LOOKS, Look
from orthoai_training.disc.start import GOING_ON, check_start, disc_model
from orthoai_training.earlier_run import claim_run, claim_start, refuse_earlier_run

RECIPES: dict[str, dict[Stage, StageRecipe]] = {
    "compact": {Stage.LUMBAR: COMPACT_LUMBAR, Stage.DISCS: COMPACT},
    "paper": {Stage.LUMBAR: PAPER, Stage.DISCS: PAPER},
}

SIMULATED = {Stage.LUMBAR: 70, Stage.DISCS: 0}
"""Simulated patients beside the real ones. The lumbar region is told by the sacrum, whose shapes and places in the
field 60 patients do not cover; discs look alike."""

ALL_SCORES = 0.001
"""Score from which a box counts for average precision, as is usual."""


@dataclass(frozen=True)
class DetectorRequest(PatientsRequest):
    """What to train.

    Attributes:
        data: folder with the SPIDER sets; None for reviewed cases alone.
        out: run folder; one folder per stage in it.
        recipe: a name of :data:`RECIPES`.
        fold: round of the cross-validation; None is the fixed split.
        simulated: simulated patients for either stage; None takes :data:`SIMULATED`.
        start: name or folder of a model whose detectors are trained on; None starts from random weights.
        reviewed: folder of reviewed cases; None for none.

    Raises:
        InputError: a ``start`` for networks that become no model, nothing to learn from, or what SPIDER alone has.
    """

    data: Path | None
    out: Path
    stages: tuple[Stage, ...] = tuple(Stage)
    recipe: str = "compact"
    fold: int | None = None
    simulated: int | None = None
    device: str = "auto"
    seed: int = 0
    minutes: float | None = None
    resume: bool = False
    start: str | None = None
    reviewed: Path | None = None

    def __post_init__(self) -> None:
        check_start(self.start, self.makes_model)
        check_sources(self.data, self.reviewed, self.fold, None)

    @property
    def makes_model(self) -> bool:
        """Whether a run may take the networks."""
        return self.fold is None

    def simulated_for(self, stage: Stage) -> int:
        """How many simulated patients ``stage`` sees beside the real ones."""
        return SIMULATED[stage] if self.simulated is None else self.simulated

    def recipe_of(self, stage: Stage) -> StageRecipe:
        """The recipe of ``stage``, which goes on from a model with smaller steps."""
        recipe = RECIPES[self.recipe][stage]
        if self.start is None:
            return recipe
        return replace(recipe, yolo=replace(recipe.yolo, learning_rate=GOING_ON * recipe.yolo.learning_rate))

    @cached_property
    def lessons(self) -> dict[Stage, Lessons[Scene]]:
        """What the reviewed cases teach each stage."""
        parts = self.reviewed_cases
        return {
            stage: Lessons(
                taught(parts.train, partial(reviewed_scene, stage=stage)),
                taught(parts.validation, partial(reviewed_scene, stage=stage)),
            )
            for stage in self.stages
        }

    @property
    def asked(self) -> dict[str, Any]:
        """What a run that is gone on with must have been begun with."""
        train = [] if self.data is None else sorted(self.split.part("train"))
        reviewed = self.reviewed_cases.names
        return {"fold": self.fold, "train": train, "reviewed": reviewed, "recipe": self.recipe, "seed": self.seed}


def train_detectors(request: DetectorRequest, progress: Progress | None = None) -> dict[Stage, TrainedStage]:
    """Train the stages of ``request``, one after the other, on its training patients.

    Raises:
        InputError: no such data, ultralytics is missing, or an earlier run of a stage without resume, or of other
            patients, another recipe, seed or start, or no such model to start from.
        Canceled: asked for by ``progress``.
    """
    for stage in request.stages:
        refuse_earlier_run(request.out / stage.value, request.resume)
    model = None if request.start is None else disc_model(request.start)
    if request.data is None:
        _require_lessons(request)
    found = {}
    validation = _spider_scenes(request, "validation")
    for stage in request.stages:
        recipe, lessons = request.recipe_of(stage), request.lessons[stage]
        train = _spider_scenes(request, "train", recipe.offsets_mm)
        run = StageRun(
            stage=stage,
            train=[*train, *lessons.train, *simulated_scenes(request.simulated_for(stage), request.seed)],
            validation=[*validation, *lessons.validation],
            recipe=recipe,
            out=request.out / stage.value,
            device=request.device,
            seed=request.seed,
            minutes=request.minutes,
            resume=request.resume,
            first=None if model is None else model.weights(stage.value),
        )
        claim_run(run.out, request.asked, "--data, --fold, --networks or --seed")
        claim_start(run.out, run.first)
        found[stage] = train_stage(run, progress)
    return found


def _require_lessons(request: DetectorRequest) -> None:
    """Raises InputError where reviewed cases alone leave a stage without pictures of their own on either side."""
    for stage, lessons in request.lessons.items():
        if not lessons.train or not lessons.validation:
            raise InputError(
                f"Of the reviewed cases in {request.reviewed}, {len(lessons.train)} train the detector "
                f'"{stage.value}" and {len(lessons.validation)} validate it: add cases that tell their boxes, or the '
                "folder with the SPIDER sets to --data."
            )


def _spider_scenes(request: DetectorRequest, part: Part, offsets_mm: Collection[float] = (0.0,)) -> list[Scene]:
    """Of the SPIDER sets, where they are given."""
    return [] if request.data is None else scenes(request.data, request.split.part(part), offsets_mm)


@dataclass(frozen=True)
class DetectionFigures:
    """Of a model's two detectors on one part.

    Attributes:
        lumbar: stage A on whole slices.
        discs: stage B on the true regions, as the paper measures it.
        run: stage B on the regions that stage A found, T12/L1 to L5/S1.
        levels: both stages at the run's confidence, then the naming.
    """

    lumbar: Precision
    discs: Precision
    run: Precision
    levels: LevelRecall

    def to_json(self) -> dict[str, Any]:
        """For a results file."""
        return asdict(self)


def measure_detectors(
    data: Path, part: Part = "validation", model: str = "lumbar_disc", fold: int | None = None
) -> dict[str, DetectionFigures]:
    """Figures by look ("as it is" first) on one mid-sagittal slice per boxed picture and per volume.

    Args:
        part: "test" once, when nothing is tuned any more.
    """
    found = scenes(data, split_of(fold).part(part))
    detectors = open_detectors(ModelStore.default().get(model))
    figures = {"as it is": figures_of(found, detectors)}
    for name, look in LOOKS.items():
        figures[name] = figures_of([seen_through(scene, look) for scene in found], detectors)
    return figures


def open_detectors(model: Model) -> tuple[Callable[[float], Detector], Callable[[float], Detector]]:
    """Stages A and B of ``model``, each by the smallest score to answer."""
    return (
        lambda confidence: OnnxYolo(model.weights("lumbar"), (Stage.LUMBAR.label,), confidence=confidence),
        lambda confidence: OnnxYolo(model.weights("discs"), (Stage.DISCS.label,), confidence=confidence),
    )


def figures_of(
    found: Sequence[Scene], detectors: tuple[Callable[[float], Detector], Callable[[float], Detector]]
) -> DetectionFigures:
    """Every figure on these scenes."""
    (lumbar, all_lumbar), (discs, all_discs) = ((make(CONFIDENCE), make(ALL_SCORES)) for make in detectors)

    def located(scene: Scene) -> Located:
        return locate(scene.image, scene.pixel_mm, lumbar, discs, CONFIDENCE)

    return DetectionFigures(
        lumbar=Precision.of(region_pictures(found, all_lumbar)),
        discs=Precision.of(disc_pictures(found, all_discs)),
        run=Precision.of(run_pictures(found, lumbar, all_discs, ALL_SCORES)),
        levels=level_recall(found, located),
    )


def seen_through(scene: Scene, look: Look) -> Scene:
    """``scene`` as another scanner shows it; outlines stay on their discs."""
    image, pixel_mm = look(scene.image[None], scene.pixel_mm)
    scale = np.array([scene.pixel_mm[1] / pixel_mm[1], scene.pixel_mm[0] / pixel_mm[0]])
    outlines = {label: points * scale for label, points in scene.outlines.items()}
    return replace(scene, image=normalized(image[0]), pixel_mm=pixel_mm, outlines=outlines)
