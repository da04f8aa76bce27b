"""One stage from labeled slices to a network file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orthoai.progress import Progress

from orthoai_training.detector import ultralytics_engine
from orthoai_training.disc.detection.dataset import Stage, write_dataset
from orthoai_training.disc.detection.recipe import StageRecipe
from orthoai_training.disc.detection.scene import Scene
from orthoai_training.half_onnx import store_half


@dataclass(frozen=True)
class StageRun:
    """What to train.

    Attributes:
        out: run folder: pictures in ``pictures``, ultralytics' files, and the network as ``lumbar.onnx`` or
            ``discs.onnx``.
        first: ONNX file of another of our detectors whose layers are trained on; None for random weights.
        device, seed, minutes: as in :func:`orthoai_training.detector.ultralytics_engine.train`.
    """

    stage: Stage
    train: Sequence[Scene]
    validation: Sequence[Scene]
    recipe: StageRecipe
    out: Path
    device: str = "auto"
    seed: int = 0
    minutes: float | None = None
    resume: bool = False
    first: Path | None = None


@dataclass(frozen=True)
class TrainedStage:
    """A network file, its validation figures under ultralytics' names, the seconds of training, and on how many slices
    it was trained and validated.
    """

    file: Path
    metrics: dict[str, float]
    seconds: float
    train_slices: int
    validation_slices: int


def train_stage(run: StageRun, progress: Progress | None = None) -> TrainedStage:
    """Draw the pictures, train, export and store the weights at half their size.

    Raises:
        InputError: nothing to train on, a patient on both sides, or ultralytics is missing.
        Canceled: asked for by ``progress``.
    """
    pictures = run.out / "pictures"
    if not (run.resume and pictures.is_dir()):
        write_dataset(pictures, run.stage, run.train, run.validation, run.recipe, seed=run.seed, progress=progress)
    trained = ultralytics_engine.train(
        pictures,
        run.recipe.yolo,
        run.out,
        device=run.device,
        seed=run.seed,
        resume=run.resume,
        backbone=run.first,
        minutes=run.minutes,
        progress=progress,
    )
    file = run.out / f"{run.stage.value}.onnx"
    ultralytics_engine.export_onnx(trained.weights, file, run.recipe.yolo.image_size)
    store_half(file)
    return TrainedStage(file, trained.metrics, trained.seconds, len(run.train), len(run.validation))
