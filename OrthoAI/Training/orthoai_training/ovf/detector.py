"""From cases or pictures to the network file of a detector.

OUT/request.json      on what it is trained, so that no later call mixes in other cases
OUT/split.json        which cases of --data train and validate
OUT/pictures          the data set that ultralytics reads
OUT/yolo              ultralytics' run folder
OUT/detector.onnx     the network, with a feature output, weights stored as float16
OUT/trained.json      ultralytics' validation figures
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orthoai.progress import Progress

from orthoai_training.detector import ultralytics_engine
from orthoai_training.half_onnx import store_half
from orthoai_training.ovf.cases import former_run
from orthoai_training.ovf.dataset import copy_pictures, write_case_pictures
from orthoai_training.ovf.features_output import add_features_output
from orthoai_training.ovf.recipe import OvfRecipe

NETWORK_FILE = "detector.onnx"


@dataclass(frozen=True)
class OvfRun:
    """What to train.

    Attributes:
        out: run folder.
        train, validation: folders of cases.
        pictures: folder of one's own pictures, in place of cases.
        backbone: ONNX file of another detector to start from; None starts from random weights.
        minutes: wall time of the training itself; None takes all epochs.
        device, seed, resume: as in :func:`orthoai_training.detector.ultralytics_engine.train`.
    """

    out: Path
    recipe: OvfRecipe
    train: Sequence[Path] = ()
    validation: Sequence[Path] = ()
    pictures: Path | None = None
    backbone: Path | None = None
    minutes: float | None = None
    device: str = "auto"
    seed: int = 0
    resume: bool = False


@dataclass(frozen=True)
class TrainedOvf:
    """A network file, its validation figures under ultralytics' names, and the seconds of training."""

    file: Path
    metrics: dict[str, float]
    seconds: float


def make_pictures(run: OvfRun, progress: Progress | None = None) -> Path:
    """The data set of ``run``; one that is there is kept when it resumes, and is in the way otherwise.

    Raises:
        InputError: no usable cases or pictures, or the run folder holds a former run.
        Canceled: asked for by ``progress``.
    """
    folder = run.out / "pictures"
    if folder.exists():
        if run.resume:
            return folder
        raise former_run(run.out)
    if run.pictures is not None:
        return copy_pictures(folder, run.pictures, seed=run.seed, progress=progress)
    return write_case_pictures(folder, run.train, run.validation, run.recipe, seed=run.seed, progress=progress)


def train_network(run: OvfRun, progress: Progress | None = None) -> TrainedOvf:
    """Draw the pictures, train, export, and store the weights at half their size.

    Raises:
        InputError: see :func:`make_pictures`, or ultralytics is missing.
        Canceled: asked for by ``progress``.
    """
    pictures = make_pictures(run, progress)
    trained = ultralytics_engine.train(
        pictures,
        run.recipe.yolo,
        run.out,
        device=run.device,
        seed=run.seed,
        resume=run.resume,
        backbone=run.backbone,
        minutes=run.minutes,
        progress=progress,
    )
    file = export_network(trained.weights, run.out / NETWORK_FILE, run.recipe.yolo.image_size)
    return TrainedOvf(file, trained.metrics, trained.seconds)


def export_network(weights: Path, target: Path, image_size: int) -> Path:
    """The checkpoint ``weights`` as the ONNX file ``target`` that the task runs."""
    ultralytics_engine.export_onnx(weights, target, image_size)
    add_features_output(target)
    store_half(target)
    return target
