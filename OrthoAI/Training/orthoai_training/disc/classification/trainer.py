"""One trainer for the compact classifier and the paper's six backbones: first the head alone, then everything."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.segment.tensor_file import save_tensors
from orthoai.tasks.disc.classify import BULGE, FIRST_GRADE, HERNIATION

from orthoai_training.disc.classification.batches import UNTOLD, GradedBatch, epoch_batches, plain_batch
from orthoai_training.disc.classification.losses import ClassWeights, multi_task_loss
from orthoai_training.disc.classification.networks import DiscGrader, build_grader, freeze_backbone, trainable
from orthoai_training.disc.classification.recipe import GraderRecipe
from orthoai_training.disc.classification.samples import GradedSample
from orthoai_training.disc.classification.scores import auc, quadratic_kappa
from orthoai_training.disc.classification.state import GraderState, RandomState
from orthoai_training.learning.checkpoint import FILE_NAME, Checkpoint, recorded, save_checkpoint
from orthoai_training.learning.first_weights import FROM_MODEL, WRAPPED, load_folded
from orthoai_training.learning.precision import choose_precision
from orthoai_training.learning.run_folder import METRICS_FILE, WEIGHTS_FILE
from orthoai_training.text_files import write_json

STAGE = "classifier"

PLAIN_BATCH = 64


@dataclass(frozen=True)
class GraderRun:
    """What to train on and where.

    Attributes:
        train, held_out: graded discs; of held_out, the best weights are chosen by :func:`quality`.
        out_dir: gets weights.safetensors (its logits speak of the true frequencies), metrics.json and
            checkpoint.safetensors, after each epoch.
        resume: go on from out_dir's checkpoint when there is one.
        first: file of a compact classifier whose weights are trained on; None for the recipe's first weights.
    """

    train: Sequence[GradedSample]
    held_out: Sequence[GradedSample]
    recipe: GraderRecipe
    out_dir: Path
    device: str = "auto"
    seed: int = 0
    first: Path | None = None
    resume: bool = False

    @property
    def checkpoint(self) -> Path:
        """The file to go on from."""
        return self.out_dir / FILE_NAME


@dataclass(frozen=True)
class TrainedGrader:
    """The network with its best weights, where they are, and what metrics.json says."""

    network: DiscGrader
    weights: Path
    metrics: dict[str, Any]


def train_grader(run: GraderRun, progress: Progress | None = None) -> TrainedGrader:
    """Train as ``run`` says; a cancel through ``progress`` leaves the last checkpoint.

    Raises:
        InputError: no discs, an unknown network, a checkpoint of another recipe or none where there should be one, no
            such device, first weights of a network of another build.
    """
    if not run.train:
        raise InputError("There are no graded discs to train on: check the folder of the data and the split.")
    run.out_dir.mkdir(parents=True, exist_ok=True)
    if run.resume and not run.checkpoint.exists() and (run.out_dir / WEIGHTS_FILE).exists():
        # As before classifiers kept one: what is there would be trained anew.
        raise InputError(f"{run.out_dir} holds a trained classifier and no {FILE_NAME}: choose another --out.")
    return _Trainer(run, progress or Progress()).train()


@dataclass(frozen=True)
class _Part:
    """Epochs that train the head alone, on a frozen backbone, or everything; ``cosine``: the rate falls to nothing."""

    is_frozen: bool
    epochs: int
    rate: float
    cosine: bool

    def rate_of(self, epoch: int) -> float:
        return self.rate * (0.5 * (1 + math.cos(math.pi * epoch / self.epochs)) if self.cosine else 1.0)


def _parts(recipe: GraderRecipe) -> tuple[_Part, _Part]:
    return (
        _Part(True, recipe.feature_epochs, recipe.feature_rate, cosine=False),
        _Part(False, recipe.epochs, recipe.learning_rate, recipe.cosine),
    )


class _Trainer:
    """The state of one run."""

    def __init__(self, run: GraderRun, progress: Progress) -> None:
        torch.manual_seed(run.seed)
        self.run, self.recipe, self.progress = run, run.recipe, progress
        self.precision = choose_precision(run.device)
        self.device = self.precision.device
        built = build_grader(run.recipe)
        self.network, self.first_weights = built.network.to(self.device), built.start
        for parameter in self.network.parameters():
            if parameter.dim() == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        self.random = np.random.default_rng(run.seed)
        self.weights = ClassWeights.of(run.train, run.recipe.largest_weight)
        self.teacher: DiscGrader | None = None
        if run.first is not None:
            self._take_over(run.first)
        self.held_out = plain_batch(run.held_out) if run.held_out else None
        self.state = GraderState(recorded(run.recipe), run.seed, self.first_weights)
        self.best_state = self._weights()
        self.kept: Checkpoint | None = None
        if run.resume and run.checkpoint.exists():
            self.kept = Checkpoint.read(run.checkpoint)
            self.state = self._kept_state(self.kept)
        self.before_s, self.began = self.state.elapsed_s, time.monotonic()

    def _kept_state(self, kept: Checkpoint) -> GraderState:
        kept.require_run(self.state.recipe, self.state.seed)
        try:
            return GraderState.from_json(kept.state)
        except (KeyError, TypeError) as error:
            raise kept.unfit from error

    @torch.no_grad()
    def _take_over(self, first: Path) -> None:
        """The weights of the file ``first``. Its logits speak of the true frequencies, those of a training do not."""
        evenly = self.run.train[:: -(-len(self.run.train) // PLAIN_BATCH)]
        load_folded(self.network, first, plain_batch(evenly).crops.to(self.device), WRAPPED)
        self.network.second.bias.sub_(self.weights.logit_offsets.to(self.device))
        self.teacher = deepcopy(self.network).eval()
        self.first_weights = FROM_MODEL

    def train(self) -> TrainedGrader:
        """Both parts, then the best weights."""
        for number, part in enumerate(_parts(self.recipe)):
            if part.epochs and number >= self.state.part:
                self._train_part(number, part)
        with torch.no_grad():
            self.network.second.bias.add_(self.weights.logit_offsets.to(self.device))
        path = self.run.out_dir / WEIGHTS_FILE
        save_tensors(path, self.network.state_dict())
        return TrainedGrader(self.network.eval(), path, self._write_metrics())

    def _train_part(self, number: int, part: _Part) -> None:
        """Ends with the best weights so far, of all parts."""
        freeze_backbone(self.network, part.is_frozen)
        parameters = trainable(self.network)
        optimizer = torch.optim.AdamW(parameters, lr=part.rate, weight_decay=self.recipe.weight_decay, fused=True)
        if self.kept is not None and number == self.state.part:
            self.kept.put_into(self.network, self.best_state, optimizer)
            self.state.random.set(self.random, self.device)
        else:
            self.state = replace(self.state, part=number, epoch=0, best_epoch=0)
        while self.state.epoch < part.epochs and not self._has_stalled():
            for group in optimizer.param_groups:
                group["lr"] = part.rate_of(self.state.epoch)
            loss = self._epoch(optimizer)
            if self._validate(loss):
                self.state.best_epoch = self.state.epoch
            self.state.epoch += 1
            self._keep(optimizer)
            told = f"loss {loss:.3f}, best validation {self.state.best:.3f}"
            self.progress.report(STAGE, self.state.epoch / part.epochs, told)
        self.network.load_state_dict(self.best_state)

    def _has_stalled(self) -> bool:
        return 0 < self.recipe.early_stop < self.state.epoch - self.state.best_epoch

    def _keep(self, optimizer: torch.optim.Optimizer) -> None:
        self.state.elapsed_s = self.before_s + time.monotonic() - self.began
        self.state.random = RandomState.of(self.random, self.device)
        save_checkpoint(self.run.checkpoint, self.state, self.network, self.best_state, optimizer)

    def _epoch(self, optimizer: torch.optim.Optimizer) -> float:
        self.network.train()
        losses = []
        for batch in epoch_batches(self.run.train, self.recipe, self.random):
            self.progress.check()
            crops = batch.crops.to(self.device).contiguous(memory_format=torch.channels_last)
            with self.precision.context():
                logits = self.network(crops)
                taught = self._taught(crops)
            loss = multi_task_loss(logits.float(), batch, self.weights, taught)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        return float(np.mean(losses))

    @torch.no_grad()
    def _taught(self, crops: torch.Tensor) -> torch.Tensor | None:
        """What the network said of ``crops`` as it began; None where it began with nothing to say."""
        return None if self.teacher is None else self.teacher(crops).float()

    def _validate(self, loss: float) -> bool:
        """Keep the weights when they are the best so far, or the last where nothing held out can tell."""
        told = quality(predicted(self.network, self.held_out), self.held_out) if self.held_out else None
        state = self.state
        state.is_scored = told is not None
        quality_now = -loss if told is None else told
        state.history.append({"loss": loss, "quality": quality_now})
        is_best = not state.is_scored or state.best is None or quality_now > state.best
        if is_best:
            state.best, self.best_state = quality_now, self._weights()
        return is_best

    def _weights(self) -> dict[str, torch.Tensor]:
        return {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def _write_metrics(self) -> dict[str, Any]:
        metrics = {
            "best_quality": self.state.best if self.state.is_scored else None,
            "first_weights": self.state.first_weights,
            "training_s": round(self.before_s + time.monotonic() - self.began, 1),
            "device": str(self.device),
            "seed": self.run.seed,
            "train_discs": len(self.run.train),
            "validation_discs": len(self.run.held_out),
            "class_weights": asdict(self.weights),
            "recipe": asdict(self.recipe),
            "history": self.state.history,
        }
        write_json(self.run.out_dir / METRICS_FILE, metrics)
        return metrics


@torch.no_grad()
def predicted(network: DiscGrader, batch: GradedBatch) -> torch.Tensor:
    """Logits (B, 7) in eval mode, which the network is left in."""
    network.eval()
    device = next(network.parameters()).device
    return torch.cat([network(part.to(device)).cpu() for part in batch.crops.split(PLAIN_BATCH)])


def quality(logits: torch.Tensor, batch: GradedBatch) -> float | None:
    """Mean of the herniation AUC, the bulge AUC and the Pfirrmann kappa that are told and defined; None for none."""
    grades = np.arange(1, 6)
    expected = (logits[:, FIRST_GRADE:].softmax(1).numpy() @ grades).round().astype(np.int64)
    bulge, grade = batch.bulging.numpy() != UNTOLD, batch.grade.numpy() != UNTOLD
    found = (
        auc(batch.herniated.numpy(), logits[:, HERNIATION].numpy()),
        auc(batch.bulging.numpy()[bulge], logits[:, BULGE].numpy()[bulge]),
        quadratic_kappa(batch.grade.numpy()[grade] + 1, expected[grade]),
    )
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if known else None
