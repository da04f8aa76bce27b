"""What we add to a training of ultralytics: progress, weights of classes, layers of another network, exact outlines.

Takes its trainers and modules as they are given and imports nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from orthoai.progress import Progress

from orthoai_training.detector.class_weights import class_weights
from orthoai_training.detector.mixed_precision import run_network_in_bf16
from orthoai_training.detector.onnx_weights import take_over_layers
from orthoai_training.detector.polygon_mask import polygon_mask
from orthoai_training.detector.recipe import SegmentationRecipe

if TYPE_CHECKING:
    from types import ModuleType

EpochReport = Callable[[int, dict[str, float]], None]
"""Called with the epoch from 1, and its losses and validation figures."""


def listen(trainer: Any, most_epochs: int, progress: Progress, on_epoch: EpochReport | None) -> None:
    """Carry steps and epochs of ``trainer`` to our callbacks; a cancel passes through as Canceled."""
    step = 0

    def epoch_started(trainer: Any) -> None:
        nonlocal step
        step = 0

    def batch_ended(trainer: Any) -> None:
        nonlocal step
        step += 1
        done = (trainer.epoch + step / len(trainer.train_loader)) / trainer.epochs
        losses = ", ".join(f"{name} {float(value):.2f}" for name, value in trainer.tloss.items())
        progress.report("detector", done, f"epoch {trainer.epoch + 1} of {trainer.epochs}, {losses}")

    def epoch_ended(trainer: Any) -> None:
        # With a time limit ultralytics plans as many epochs as fit, also more than the recipe's.
        if trainer.epochs > most_epochs:
            trainer.epochs = trainer.args.epochs = most_epochs
            trainer._setup_scheduler()
            trainer.scheduler.last_epoch = trainer.epoch
        # ultralytics calls this once more after the last epoch, with the figures of the best one.
        if on_epoch is not None and trainer.epoch < trainer.epochs:
            values = trainer.label_loss_items(trainer.tloss) | trainer.metrics | trainer.lr
            on_epoch(trainer.epoch + 1, {name: float(value) for name, value in values.items()})

    # By now the running average, which is what gets validated and saved, was copied: it stays plain.
    trainer.add_callback("on_pretrain_routine_end", lambda trainer: run_network_in_bf16(trainer.model, trainer.device))
    trainer.add_callback("on_train_epoch_start", epoch_started)
    trainer.add_callback("on_train_batch_end", batch_ended)
    trainer.add_callback("on_fit_epoch_end", epoch_ended)


def weigh_classes(trainer: Any, recipe: SegmentationRecipe) -> None:
    """Weigh the classes in the loss; ultralytics' own switch knows the training data's counts alone."""
    counts = recipe.class_counts or trainer.get_class_counts()[: recipe.weighted_classes]
    weights = torch.from_numpy(class_weights(counts, trainer.data["nc"])).to(trainer.device)
    for model in (trainer.model, trainer.ema.ema):
        model.class_weights = weights


def take_over(trainer: Any, file: Path) -> None:
    """Start from the layers of another network, in the running average as well."""
    take_over_layers(trainer.model, file, trainer.train_loader)
    trainer.ema.ema.load_state_dict(trainer.model.state_dict())


@contextmanager
def exact_masks(ultralytics: ModuleType) -> Iterator[None]:
    """Outlines fill the pixels inside them and no others, while a training draws them."""
    drawing = ultralytics.data.utils
    theirs = drawing.polygon2mask
    drawing.polygon2mask = polygon_mask
    try:
        yield
    finally:
        drawing.polygon2mask = theirs
