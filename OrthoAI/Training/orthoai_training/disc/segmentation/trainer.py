"""Training of the compact segmenter, of the paper's grid, and with a teacher."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from orthoai.errors import InputError
from orthoai.progress import Progress
from torch import Tensor, nn

from orthoai_training.disc.segmentation.dice import dice_per_structure, mean_dice
from orthoai_training.disc.segmentation.losses import LOSSES, distillation
from orthoai_training.disc.segmentation.networks import build_segmenter
from orthoai_training.disc.segmentation.predict import case_labels
from orthoai_training.disc.segmentation.recipe import SliceRecipe
from orthoai_training.disc.segmentation.slices import Crops, LabeledSlices, crop_batches
from orthoai_training.learning.first_weights import FROM_MODEL, load_folded
from orthoai_training.learning.lesson import Lesson
from orthoai_training.learning.loop import Loop
from orthoai_training.learning.pace import Pace
from orthoai_training.learning.precision import choose_precision
from orthoai_training.learning.run_folder import Learned, Place
from orthoai_training.learning.schedule import Clock

STAGE = "segmenter"

Teacher = Callable[[Tensor], Tensor]
"""Probabilities (B, classes, H, W) of pictures (B, channels, H, W)."""


@dataclass(frozen=True)
class SegmenterRun:
    """What to train on and where.

    Attributes:
        train, held_out: cases; of held_out, the best weights are chosen by mean Dice. Without it the last are kept.
        out_dir: gets weights.safetensors (float32), metrics.json and checkpoint.safetensors.
        minutes: of training in all, earlier sittings included; the learning rate follows the clock then.
        resume: go on from out_dir's checkpoint when there is one.
        teacher: for a recipe with ``distill``.
        first: file of a compact segmenter whose weights are trained on; None for the recipe's first weights.
    """

    train: Sequence[LabeledSlices]
    held_out: Sequence[LabeledSlices]
    recipe: SliceRecipe
    out_dir: Path
    device: str = "auto"
    seed: int = 0
    minutes: float | None = None
    resume: bool = False
    teacher: Teacher | None = None
    first: Path | None = None
    clock: Clock = time.monotonic


@dataclass(frozen=True)
class TrainedSegmenter(Learned):
    """A run's result, and whether ONNX can hold the network."""

    exportable: bool = True


def train_slices(run: SegmenterRun, progress: Progress | None = None) -> TrainedSegmenter:
    """Train as ``run`` says; a cancel through ``progress`` leaves the last checkpoint.

    Raises:
        InputError: no cases, an unknown network, a checkpoint of another recipe, no such device, first weights of a
            network of another build.
    """
    if not run.train:
        raise InputError("There are no training slices: check the folder of the data and the split.")
    torch.manual_seed(run.seed)
    lesson, recipe = SliceLesson(run), run.recipe
    # Fused: a sixth of the time of an optimizer step on a processor, which is a quarter of a whole step.
    optimizer = torch.optim.AdamW(
        lesson.network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    steps_per_epoch = -(-sum(len(case.image) for case in run.train) // recipe.batch)
    pace = replace(
        Pace.of(recipe, recipe.epochs * steps_per_epoch, run.minutes, recipe.validate_every or steps_per_epoch),
        cosine=recipe.cosine,
        early_stop=recipe.early_stop if run.held_out else 0,
    )
    facts = {
        "steps_per_epoch": steps_per_epoch,
        "first_weights": lesson.first_weights,
        "device": str(lesson.precision.device),
        "train_cases": len(run.train),
        "validation_cases": len(run.held_out),
    }
    place = Place(
        run.out_dir, STAGE, recipe, run.seed, facts, resume=run.resume, clock=run.clock, goes_on=run.first is not None
    )
    learned = Loop(lesson, optimizer, pace, place, progress or Progress()).train()
    return TrainedSegmenter(learned.weights, learned.metrics, lesson.exportable)


class SliceLesson(Lesson[Crops]):
    """Structures in sagittal slices, from labels and, with ``distill``, from a teacher."""

    def __init__(self, run: SegmenterRun) -> None:
        self._run, recipe = run, run.recipe
        self.precision = choose_precision(run.device)
        built = build_segmenter(recipe.architecture, recipe.pretrained)
        self.exportable, self.first_weights = built.exportable, built.start
        self._stride, self._neighbor_step = built.stride, built.neighbor_step
        self.network: nn.Module = built.network.to(self.precision.device).to(memory_format=torch.channels_last)
        self._cases = [case.shrunk(recipe.shrink) for case in run.train]
        self._held_out = [case.shrunk(recipe.shrink) for case in run.held_out]
        self._loss = LOSSES[recipe.loss]
        if run.first is not None:
            load_folded(self.network, run.first, next(self.batches(0)).image.to(self.precision.device))
            self.first_weights = FROM_MODEL

    def batches(self, first_step: int) -> Generator[Crops, None, None]:
        return crop_batches(self._cases, self._run.recipe, self._run.seed, first_step)

    def loss(self, batch: Crops) -> Tensor:
        image = batch.image.to(self.precision.device, memory_format=torch.channels_last)
        with self.precision.context():
            logits = self.network(image)
        loss = self._loss(logits.float(), batch.labels.to(self.precision.device))
        share = self._run.recipe.distill
        if self._run.teacher is None or share == 0:
            return loss
        with self.precision.context():
            taught = self._run.teacher(image)
        return (1 - share) * loss + share * distillation(logits.float(), taught)

    def score(self) -> float | None:
        """The mean over the held-out cases."""
        scores = [
            dice_per_structure(
                case.labels,
                case_labels(self.network, case.image, self._stride, self.precision, self._neighbor_step),
            )
            for case in self._held_out
        ]
        return float(np.mean([mean_dice(score) for score in scores])) if scores else None
