"""From cases to the network file.

OUT/outline_samples, OUT/outline_validation   samples, one file a case
OUT/outline                                   weights, metrics.json and checkpoint
OUT/outline.onnx                              the network, weights stored as float16
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import torch
from orthoai.progress import Progress
from safetensors.torch import load_file
from torch import Tensor

from orthoai_training.learning.lesson import Lesson
from orthoai_training.learning.loop import Loop
from orthoai_training.learning.pace import Pace
from orthoai_training.learning.precision import Precision, choose_precision
from orthoai_training.learning.run_folder import Learned, Place
from orthoai_training.ovf.cases import former_run, require_apart
from orthoai_training.ovf.outline.batches import Batch, plain_batches, random_batch
from orthoai_training.ovf.outline.export import export_outline, load_outline
from orthoai_training.ovf.outline.network import build_outline
from orthoai_training.ovf.outline.recipe import OUTLINE, OutlineRecipe
from orthoai_training.ovf.outline.samples import Samples, draw_samples

STAGE = "outline"
NETWORK_FILE = "outline.onnx"


@dataclass(frozen=True)
class OutlineRun:
    """What to train.

    Attributes:
        out: run folder.
        train, validation: folders of cases; of the latter, the best weights are chosen.
        first: file of an outline network whose weights are trained on; None for random ones.
        minutes: of training in all, earlier sittings included; None for all steps.
    """

    out: Path
    train: Sequence[Path]
    validation: Sequence[Path]
    recipe: OutlineRecipe = OUTLINE
    first: Path | None = None
    minutes: float | None = None
    device: str = "auto"
    seed: int = 0
    resume: bool = False


@dataclass(frozen=True)
class TrainedOutline:
    """The network file, and what metrics.json says."""

    file: Path
    learned: Learned


def train_outline(run: OutlineRun, progress: Progress) -> TrainedOutline:
    """Draw the samples, train, export.

    Raises:
        InputError: a use without cases, a case in both or one that cannot be read, the folder holds a former run, or
            ``first`` is a network of another build.
        Canceled: asked for by ``progress``.
    """
    require_apart(run.train, run.validation)
    place = run.out / "outline"
    if place.exists() and not run.resume:
        raise former_run(run.out)
    recipe = run.recipe
    train = draw_samples(run.out / "outline_samples", run.train, recipe.slices_per_body, run.seed, progress)
    held_out = draw_samples(
        run.out / "outline_validation", run.validation, recipe.validation_slices, run.seed, progress
    )
    torch.manual_seed(run.seed)
    lesson = OutlineLesson(train, held_out, recipe, run.seed, choose_precision(run.device))
    if run.first is not None:
        load_outline(lesson.network, run.first)
    optimizer = torch.optim.AdamW(lesson.network.parameters(), lr=recipe.learning_rate)
    pace = Pace.of(recipe, recipe.steps, run.minutes, recipe.validate_every)
    facts = {"samples": len(train), "validation_samples": len(held_out), "train_cases": len(run.train)}
    kept = Place(place, STAGE, recipe, run.seed, facts, resume=run.resume, goes_on=run.first is not None)
    learned = Loop(lesson, optimizer, pace, kept, progress).train()
    network = build_outline()
    network.load_state_dict(load_file(learned.weights))
    return TrainedOutline(export_outline(network, run.out / NETWORK_FILE), learned)


class OutlineLesson(Lesson[Batch]):
    """Shares of bodies from three slices and a coarse mask."""

    def __init__(
        self, train: Samples, held_out: Samples, recipe: OutlineRecipe, seed: int, precision: Precision
    ) -> None:
        self.network = build_outline().to(precision.device).to(memory_format=torch.channels_last)
        self._train, self._recipe, self._seed, self.precision = train, recipe, seed, precision
        self._held_out = plain_batches(held_out, recipe.batch, seed)

    def batches(self, first_step: int) -> Generator[Batch, None, None]:
        for step in count(first_step):
            yield random_batch(self._train, self._recipe, self._seed, step)

    def loss(self, batch: Batch) -> Tensor:
        """Binary cross entropy with the shares, lowest where each pixel's share is told, and 1 - Dice."""
        logits, shares = self._logits(batch)
        told = torch.sigmoid(logits)
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, shares)
        return entropy + 1 - shared_dice(told, shares)

    @torch.no_grad()
    def score(self) -> float:
        self.network.eval()
        pairs = [self._logits(batch) for batch in self._held_out]
        told = torch.cat([torch.sigmoid(logits) for logits, _ in pairs])
        return float(shared_dice(told, torch.cat([shares for _, shares in pairs])))

    def _logits(self, batch: Batch) -> tuple[Tensor, Tensor]:
        seen = batch.seen.to(self.precision.device, memory_format=torch.channels_last)
        with self.precision.context():
            logits = self.network(seen)
        return logits.float(), batch.shares.to(self.precision.device)


def shared_dice(told: Tensor, shares: Tensor) -> Tensor:
    """Dice of shares 0..1, which is 1 only where all are equal (Crum et al., IEEE Trans Med Imaging 2006)."""
    return 2 * torch.minimum(told, shares).sum() / (told.sum() + shares.sum()).clamp_min(1e-6)
