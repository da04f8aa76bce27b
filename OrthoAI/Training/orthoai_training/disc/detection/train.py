"""From the SPIDER sets and reviewed cases to trained detectors."""

from __future__ import annotations

from collections.abc import Collection

from orthoai.errors import InputError
from orthoai.progress import Progress

from orthoai_training.disc.data.split import Part
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.request import DetectorRequest
from orthoai_training.disc.detection.scene import Scene
from orthoai_training.disc.detection.simulated import simulated_scenes
from orthoai_training.disc.detection.sources import scenes
from orthoai_training.disc.detection.train_stage import StageRun, TrainedStage, train_stage
from orthoai_training.disc.start import disc_model
from orthoai_training.earlier_run import claim_run, claim_start, is_filled, refuse_earlier_run
from orthoai_training.learned import learned_by, note_learned


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
        goes_on = is_filled(run.out)
        claim_run(run.out, request.asked, "--data, --fold, --networks or --seed")
        claim_start(run.out, run.first)
        before = [] if run.first is None else [learned_by(run.first)]
        note_learned(run.out, stage.value, [lessons.learned_from, *before], goes_on)
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
