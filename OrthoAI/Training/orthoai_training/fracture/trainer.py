"""Training of our network, its ablations and the comparators."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from orthoai.errors import InputError
from orthoai.progress import Progress
from torch import Tensor, nn

from orthoai_training.fracture.cases import FRACTURE
from orthoai_training.fracture.crops import Crops, CropSource, Tiles, validation_tiles
from orthoai_training.fracture.losses import fracture_loss
from orthoai_training.fracture.networks import build_network
from orthoai_training.fracture.predict import tile_probabilities
from orthoai_training.fracture.recipe import FractureRecipe
from orthoai_training.fracture.scores import NOTHING, Counts
from orthoai_training.fracture.slices import PlaneSlices
from orthoai_training.learning.first_weights import WRAPPED, load_folded
from orthoai_training.learning.lesson import Lesson
from orthoai_training.learning.loop import Loop
from orthoai_training.learning.pace import Pace
from orthoai_training.learning.precision import choose_precision
from orthoai_training.learning.run_folder import Learned, Place
from orthoai_training.learning.schedule import Clock

THRESHOLD = 0.5

SCORE = "validation_dice_of_tiles"
"""Entry of metrics.json."""


@dataclass(frozen=True)
class FractureRun:
    """What to train on and where.

    Attributes:
        train, held_out: cases of one plane; of held_out, the best weights are chosen by the Dice of its tiles.
        out_dir: gets weights.safetensors (float32), metrics.json and checkpoint.safetensors.
        minutes: of training in all, earlier sittings included; None for all epochs.
        resume: go on from out_dir's checkpoint when there is one.
        first: ONNX file of a trained network to begin with (see ``learning/first_weights.py``); None is random weights.
    """

    train: Sequence[PlaneSlices]
    held_out: Sequence[PlaneSlices]
    plane: str
    recipe: FractureRecipe
    out_dir: Path
    device: str = "auto"
    seed: int = 0
    minutes: float | None = None
    resume: bool = False
    first: Path | None = None
    clock: Clock = time.monotonic


def train_fracture(run: FractureRun, progress: Progress | None = None) -> Learned:
    """Train as ``run`` says; a cancel through ``progress`` leaves the last checkpoint.

    Raises:
        InputError: no slices, an unknown network, a checkpoint of another recipe, no such device, first weights of
            another network.
    """
    if not run.train or not run.held_out:
        raise InputError("Training needs cases to learn from and others to validate on: give at least two cases.")
    torch.manual_seed(run.seed)
    lesson, recipe = FractureLesson(run), run.recipe
    optimizer = torch.optim.Adam(lesson.network.parameters(), lr=recipe.learning_rate)
    steps_per_epoch = -(-lesson.source.slices // recipe.batch)
    steps = recipe.steps or recipe.epochs * steps_per_epoch
    pace = replace(
        Pace.of(recipe, steps, run.minutes, recipe.validate_every or steps_per_epoch),
        cosine=recipe.cosine,
        plateau_factor=recipe.plateau_factor,
        early_stop=recipe.early_stop,
    )
    facts = {
        "steps_per_epoch": steps_per_epoch,
        "device": str(lesson.precision.device),
        "train_cases": len(run.train),
        "validation_cases": len(run.held_out),
    }
    place = Place(run.out_dir, run.plane, recipe, run.seed, facts, SCORE, run.resume, run.clock, run.first is not None)
    return Loop(lesson, optimizer, pace, place, progress or Progress()).train()


class FractureLesson(Lesson[Crops]):
    """Fractured bodies, and any, in the slices of one plane."""

    def __init__(self, run: FractureRun) -> None:
        self.precision = choose_precision(run.device)
        network = build_network(run.recipe.network, run.recipe.name)
        self.network: nn.Module = network.to(self.precision.device).to(memory_format=torch.channels_last)
        self.source = CropSource(run.train, run.recipe, run.plane, run.seed)
        if run.first is not None:
            load_folded(self.network, run.first, self._images(next(self.batches(0))), WRAPPED)
        self._body_weight = run.recipe.body_weight
        self._tiles = [validation_tiles(case, run.recipe.validation_tiles) for case in run.held_out]

    def batches(self, first_step: int) -> Generator[Crops, None, None]:
        return self.source.batches(first_step)

    def loss(self, batch: Crops) -> Tensor:
        image = self._images(batch)
        labels, knows = batch.labels.to(self.precision.device), batch.knows_bodies.to(self.precision.device)
        with self.precision.context():
            logits = self.network(image)
        logits = logits.float()
        loss = fracture_loss(logits, labels, knows, self._body_weight)
        # SpineGAN's game.
        extra = getattr(self.network, "extra_loss", None)
        return loss if extra is None else loss + extra(image, logits[:, 0], labels == FRACTURE)

    def _images(self, batch: Crops) -> Tensor:
        return batch.image.to(self.precision.device, memory_format=torch.channels_last)

    def score(self) -> float | None:
        """Of all tiles together; None where none shows a fracture, since Dice would be 0 whatever the network knows."""
        counts = sum((self._counts(tiles) for tiles in self._tiles), NOTHING)
        return counts.dice if counts.true else None

    def _counts(self, tiles: Tiles) -> Counts:
        found = tile_probabilities(self.network, tiles.pictures, self.precision)
        pairs = zip(tiles.labels, found, strict=True)
        return sum((Counts.of(truth == FRACTURE, share > THRESHOLD) for truth, share in pairs), NOTHING)
