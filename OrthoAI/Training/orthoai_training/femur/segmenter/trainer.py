"""One trainer for stage 2 and for the networks it is compared with.

After Xie et al. 2025: random patches, a validation every few epochs, the best weights kept. Can end after a number of
minutes, and can be taken up again.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import torch
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.segment.network import build, load_weights, save_weights
from safetensors.torch import load_file
from torch import Tensor, nn

from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.augment import prepare
from orthoai_training.femur.segmenter.crop_store import Crop, open_crops
from orthoai_training.femur.segmenter.losses import build_loss
from orthoai_training.femur.segmenter.networks import spec_of
from orthoai_training.femur.segmenter.patches import Batch, batches
from orthoai_training.femur.segmenter.validate import mean_dice
from orthoai_training.learning.lesson import Lesson
from orthoai_training.learning.loop import Loop
from orthoai_training.learning.pace import Pace
from orthoai_training.learning.precision import Precision, choose_precision
from orthoai_training.learning.run_folder import Learned, Place
from orthoai_training.learning.schedule import Clock

STAGE = "segmenter"
"""Name of this stage in progress reports."""

SEGMENTER_FILE = "segmenter.safetensors"
"""The best weights as float16, as a model has them."""


def train_segmenter(
    crops_dir: Path,
    recipe: SegmenterRecipe,
    out_dir: Path,
    device: str = "auto",
    seed: int = 0,
    minutes: float | None = None,
    progress: Progress | None = None,
    resume: bool = False,
    start: Path | None = None,
    clock: Clock = time.monotonic,
) -> Learned:
    """Train ``recipe`` on the crops of ``crops_dir`` (see crop_store) and keep the best weights in ``out_dir``.

    Writes segmenter.safetensors (float16), which is returned, beside what :class:`Place` names.

    Args:
        minutes: of training in all, earlier sittings included; the learning rate follows the clock then.
        resume: go on from out_dir's checkpoint when there is one.
        progress: reports the stage "segmenter"; a cancel leaves the last checkpoint.
        start: weights of an earlier run to start from, for fine-tuning.
        clock: seconds, for tests.

    Raises:
        InputError: no crops, damaged crops, a checkpoint of another recipe, no such device.
    """
    crops = open_crops(crops_dir, "train")
    if not crops:
        raise InputError(f"There are no training crops in {crops_dir.name}: cut them from cases first.")
    held_out = _spread(open_crops(crops_dir, "validation"), recipe.validation_crops)
    progress, precision = progress or Progress(), choose_precision(device)
    torch.manual_seed(seed)
    network = build(spec_of(recipe))
    if start is not None:
        load_weights(network, start)
    network = network.to(precision.device).to(memory_format=precision.layout)
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    steps_per_epoch = recipe.steps_per_epoch or -(-len(crops) // recipe.batch)
    validate_every = recipe.validate_every * steps_per_epoch
    pace = Pace.of(recipe, recipe.epochs * steps_per_epoch, minutes, validate_every)
    facts = {
        "steps_per_epoch": steps_per_epoch,
        "device": str(precision.device),
        "precision": str(precision.autocast or torch.float32).removeprefix("torch."),
        "train_crops": len(crops),
        "validation_crops": len(held_out),
    }
    place = Place(out_dir, STAGE, recipe, seed, facts, resume=resume, clock=clock, goes_on=start is not None)
    lesson = PatchLesson(network, crops, held_out, recipe, seed, precision, progress)
    learned = Loop(lesson, optimizer, pace, place, progress).train()
    network.load_state_dict(load_file(learned.weights))
    save_weights(network, out_dir / SEGMENTER_FILE)
    return Learned(out_dir / SEGMENTER_FILE, learned.metrics)


def _spread(crops: list[Crop], count: int) -> list[Crop]:
    """At most ``count`` of the crops, evenly over the list."""
    if len(crops) <= count:
        return crops
    return [crops[n] for n in np.linspace(0, len(crops) - 1, count).round().astype(int)]


class PatchLesson(Lesson[Batch]):
    """Femora in random patches of crops."""

    def __init__(
        self,
        network: nn.Module,
        crops: Sequence[Crop],
        held_out: Sequence[Crop],
        recipe: SegmenterRecipe,
        seed: int,
        precision: Precision,
        progress: Progress,
    ) -> None:
        self.network, self.precision = network, precision
        self._crops, self._held_out, self._recipe, self._seed = list(crops), list(held_out), recipe, seed
        self._progress = progress
        self._loss = build_loss(recipe.loss)

    def batches(self, first_step: int) -> Generator[Batch, None, None]:
        return batches(self._crops, self._recipe, self._seed, first_step)

    def loss(self, batch: Batch) -> Tensor:
        image, target = (torch.from_numpy(array).to(self.precision.device) for array in (batch.image, batch.mask))
        image, target = prepare(image, target, self._recipe, self._seed, batch.step)
        with self.precision.context():
            logits = self.network(image.contiguous(memory_format=self.precision.layout))
        loss: Tensor = self._loss(logits.float(), target)
        return loss

    def score(self) -> float | None:
        """The mean over the held-out crops."""
        if not self._held_out:
            return None
        return mean_dice(self.network, self._held_out, self._recipe, self.precision, self._progress)
