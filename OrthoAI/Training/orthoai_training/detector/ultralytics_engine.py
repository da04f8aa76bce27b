"""Training, export and reference prediction with ultralytics. The only file that imports it.

ultralytics is AGPL-3.0 and an optional extra (``orthoai[train]``); everyday inference runs the exported network through
:class:`orthoai.detect.onnx_yolo.OnnxYolo`. As installed it looks up hosts, downloads a font, posts usage events, writes
to the user's home, replaces Pillow's way of opening pictures and lowers torch's thread count for the whole process.
This adapter sets the switches for all of that before the import, gives it a private configuration folder, and puts the
two back.
"""

from __future__ import annotations

import atexit
import importlib.util
import logging
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.detect.detector import Detection
from orthoai.detect.instance import Instance
from orthoai.errors import InputError
from orthoai.progress import Progress
from PIL import Image

from orthoai_training.detector.clean_onnx import write_clean_onnx
from orthoai_training.detector.recipe import SegmentationRecipe, YoloRecipe
from orthoai_training.detector.trainer_hooks import EpochReport, exact_masks, listen, take_over, weigh_classes
from orthoai_training.detector.yolo_checkpoint import checkpoint_of, finished
from orthoai_training.detector.yolo_settings import settings_of
from orthoai_training.text_files import read_json, write_json

if TYPE_CHECKING:
    from types import ModuleType

OPSET = 17
"""ONNX operator set of the exported network: old enough for every ONNX Runtime and OpenVINO that we support."""

SUMMARY = "trained.json"
"""Written into the run folder when training ended; a resumed run that finds it has nothing left to do."""

OFF_SWITCHES = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb", "vscode_msg", "openvino_msg")
"""Integrations and messages that are switched off; names that an ultralytics release lacks are passed over."""


@dataclass(frozen=True)
class TrainedDetector:
    """What a training leaves behind.

    Attributes:
        weights: the best checkpoint (ultralytics' own format, a pickle: never shipped, only exported from).
        metrics: validation figures of ``weights`` under ultralytics' names, such as "metrics/mAP50-95(B)".
        seconds: wall time of the call that ended the training.
    """

    weights: Path
    metrics: dict[str, float]
    seconds: float


def train(
    dataset: Path,
    recipe: YoloRecipe,
    out: Path,
    *,
    device: str = "auto",
    seed: int = 0,
    resume: bool = False,
    backbone: Path | None = None,
    minutes: float | None = None,
    progress: Progress | None = None,
    on_epoch: EpochReport | None = None,
) -> TrainedDetector:
    """Train a detector from random weights, or from the layers of another.

    Args:
        dataset: folder with ``data.yaml`` (see ``dataset_folder.py``).
        recipe: the hyperparameters.
        out: run folder; ultralytics' files lie in ``out/yolo``.
        device: "auto", "cpu", "cuda" or "cuda:N".
        seed: of the weights and the loader; the same seed gives the same weights on the same machine.
        resume: go on from the last epoch that ``out`` holds; starts anew where there is none.
        backbone: ONNX file of another of our detectors, whose layers are taken over where they fit (see
            ``onnx_weights.py``).
        minutes: wall time to keep to: the epochs that fit, up to the recipe's, with the learning rate's whole cosine.
        progress: told ("detector", fraction, message) after every step; a cancel leaves the last epoch to resume from.
        on_epoch: called with (epoch from 1, losses and validation figures) after every epoch.

    Raises:
        InputError: no ``data.yaml``, or ultralytics is missing or was loaded by someone else first.
        Canceled: asked for by ``progress``.
    """
    data = dataset.resolve() / "data.yaml"
    if not data.is_file():
        raise InputError(f"The folder {dataset.name} has no data.yaml: give a data set made for the detector.")
    out = out.resolve()
    summary = out / SUMMARY
    if resume and (found := read_json(summary)):
        return TrainedDetector(out / found["weights"], found["metrics"], found["seconds"])
    summary.unlink(missing_ok=True)
    started = time.monotonic()
    progress = progress or Progress()
    with _kept_threads() as threads:
        ultralytics = _load()
        kept = checkpoint_of(out / "yolo" / "weights") if resume else None
        done = None if kept is None else finished(kept)
        if done is not None:
            _write_summary(summary, trained := TrainedDetector(*done), recipe, seed)
            return trained
        settings = settings_of(recipe, data, out, device, seed)
        if minutes is not None:
            settings["time"] = minutes / 60
        if kept is not None:
            settings |= {"resume": str(kept), "model": str(kept)}
        yolo = ultralytics.models.yolo
        outlines = isinstance(recipe, SegmentationRecipe)
        trainer = (yolo.segment.SegmentationTrainer if outlines else yolo.detect.DetectionTrainer)(overrides=settings)
        # Building the trainer lowered the thread count to one below the cores: half the speed on two cores.
        torch.set_num_threads(threads)
        listen(trainer, recipe.epochs, progress, on_epoch)
        if isinstance(recipe, SegmentationRecipe):
            trainer.add_callback("on_pretrain_routine_end", lambda trainer: weigh_classes(trainer, recipe))
        if backbone is not None:
            trainer.add_callback("on_pretrain_routine_end", lambda trainer: take_over(trainer, backbone))
        with exact_masks(ultralytics):
            trainer.train()
        trained = TrainedDetector(
            weights=trainer.best,
            metrics={name: float(value) for name, value in trainer.metrics.items()},
            seconds=time.monotonic() - started,
        )
    _write_summary(summary, trained, recipe, seed)
    return trained


def export_onnx(weights: Path, target: Path, image_size: int) -> Path:
    """Write the network as ONNX with a fixed input (1, 3, image_size, image_size) float32 in 0..1.

    The output is (1, 4 + classes, anchors): center x, center y, width, height in input pixels, then class scores. A
    segmenting network adds mask coefficients to it and answers prototypes, too.
    ``weights`` is a checkpoint of :func:`train`: a pickle, so only ever give it one made here.
    """
    with _kept_threads(), tempfile.TemporaryDirectory() as folder:
        ultralytics = _load()
        # Exported from a copy because ultralytics writes beside the checkpoint.
        copy = Path(shutil.copy(weights, Path(folder) / "detector.pt"))
        model = ultralytics.YOLO(str(copy))
        labels = [model.names[n] for n in range(len(model.names))]
        made = model.export(
            format="onnx",
            imgsz=image_size,
            opset=OPSET,
            dynamic=False,
            simplify=importlib.util.find_spec("onnxslim") is not None,
            device="cpu",
            verbose=False,
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".part")
        write_clean_onnx(Path(made), partial, labels, image_size)
        partial.replace(target)
    return target


def predict(
    weights: Path, image: NDArray[np.uint8], image_size: int, *, confidence: float = 0.25, iou: float = 0.7
) -> list[Detection]:
    """ultralytics' own answer for one gray picture (H, W), to hold our runtime against; boxes in its pixel edges."""
    return [instance.detection for instance in predict_instances(weights, image, image_size, confidence, iou)]


def predict_instances(
    weights: Path, image: NDArray[np.uint8], image_size: int, confidence: float = 0.25, iou: float = 0.7
) -> list[Instance]:
    """As :func:`predict`, with outlines (empty for a network that draws none) and without class scores."""
    with _kept_threads(), tempfile.TemporaryDirectory() as folder:
        ultralytics = _load()
        model = ultralytics.YOLO(str(weights))
        found = model.predict(
            np.repeat(image[:, :, None], 3, axis=2),
            imgsz=image_size,
            conf=confidence,
            iou=iou,
            # Square input, as the exported network has; by default ultralytics pads only to the next multiple of 32.
            rect=False,
            # Outlines at the picture's own pixels.
            retina_masks=True,
            device="cpu",
            save=False,
            verbose=False,
            project=folder,
        )[0]
        rows = found.boxes.data.cpu().numpy()
        empty = np.zeros((len(rows), *image.shape), bool)
        masks = empty if found.masks is None else found.masks.data.cpu().numpy().astype(bool)
        return [
            Instance(
                found.names[int(row[5])],
                float(row[4]),
                (float(row[0]), float(row[1]), float(row[2]), float(row[3])),
                mask,
                (),
            )
            for row, mask in zip(rows, masks, strict=True)
        ]


# Offline import


def _load() -> ModuleType:
    """Import ultralytics with its network, telemetry, installer and home folder switched off."""
    if _private:
        return sys.modules["ultralytics"]
    if "ultralytics" in sys.modules:
        raise InputError("ultralytics was loaded before OrthoAI could take it offline: start the training on its own.")
    if importlib.util.find_spec("ultralytics") is None:
        raise InputError("Training the detector needs ultralytics: install orthoai[train].")
    # ultralytics keeps this folder for the life of the process, so it can belong to no single run folder.
    config = Path(tempfile.mkdtemp(prefix="orthoai-ultralytics-"))
    atexit.register(shutil.rmtree, config, ignore_errors=True)
    _private.append(config)
    os.environ.update(YOLO_OFFLINE="1", YOLO_AUTOINSTALL="0", YOLO_VERBOSE="0", YOLO_CONFIG_DIR=str(config))
    os.environ.setdefault("MPLCONFIGDIR", str(config / "matplotlib"))
    os.environ.pop("ULTRALYTICS_API_KEY", None)
    _place_font(config / "Ultralytics")
    opened = Image.open
    import ultralytics
    import ultralytics.models.yolo.detect
    import ultralytics.models.yolo.segment
    from ultralytics.utils import LOGGER, SETTINGS

    # Its own, set for the whole process, wants to install a library when a picture is damaged.
    Image.open = opened
    LOGGER.setLevel(logging.ERROR)
    changes: dict[str, Any] = {name: False for name in OFF_SWITCHES if name in SETTINGS}
    changes |= {name: "" for name in ("api_key", "openai_api_key") if name in SETTINGS}
    changes |= {f"{kind}_dir": str(config / kind) for kind in ("datasets", "weights", "runs")}
    SETTINGS.update(sync=False, **changes)
    return ultralytics


_private: list[Path] = []
"""The private configuration folder, once ultralytics was imported by :func:`_load`."""


def _place_font(folder: Path) -> None:
    """Put a font where ultralytics looks for Arial.ttf, or it asks the network for one even when it draws nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise InputError("Training the detector needs matplotlib: install orthoai[train].")
    font = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    for name in ("Arial.ttf", "Arial.Unicode.ttf"):
        shutil.copyfile(font, folder / name)


@contextmanager
def _kept_threads() -> Iterator[int]:
    """torch's thread count, the same again afterwards whatever ultralytics set it to."""
    threads = torch.get_num_threads()
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)


def _write_summary(path: Path, trained: TrainedDetector, recipe: YoloRecipe, seed: int) -> None:
    figures = {name: value if math.isfinite(value) else None for name, value in trained.metrics.items()}
    content = {
        "weights": trained.weights.relative_to(path.parent).as_posix(),
        "metrics": figures,
        "seconds": trained.seconds,
        "seed": seed,
        "recipe": asdict(recipe),
    }
    write_json(path, content)
