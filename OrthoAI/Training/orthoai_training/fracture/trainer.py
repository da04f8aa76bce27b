"""One trainer for our network, its ablations and the comparators. Can be taken up again."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from orthoai.errors import InputError
from orthoai.progress import Progress
from torch import nn

from orthoai_training.fracture.cases import FRACTURE
from orthoai_training.fracture.crops import Crops, CropSource, Tiles, validation_tiles
from orthoai_training.fracture.losses import fracture_loss
from orthoai_training.fracture.networks import build_network
from orthoai_training.fracture.predict import tile_probabilities
from orthoai_training.fracture.recipe import FractureRecipe
from orthoai_training.fracture.scores import NOTHING, Counts
from orthoai_training.fracture.slices import PlaneSlices
from orthoai_training.segmenter import checkpoint
from orthoai_training.segmenter.average import WeightAverage
from orthoai_training.segmenter.precision import choose_precision
from orthoai_training.segmenter.schedule import Budget, Clock, learning_rate, smoothed

THRESHOLD = 0.5

WEIGHTS_FILE = "weights.safetensors"
METRICS_FILE = "metrics.json"


@dataclass(frozen=True)
class FractureRun:
    """What to train on and where.

    Attributes:
        train, held_out: cases of one plane; of held_out, the best weights are chosen by the Dice of its tiles.
        out_dir: gets weights.safetensors (float32), metrics.json and checkpoint.safetensors.
        minutes: of training in all, earlier sittings included; None for all epochs.
        resume: go on from out_dir's checkpoint when there is one.
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
    clock: Clock = time.monotonic


@dataclass(frozen=True)
class TrainedFracture:
    """The weights of the best validation, and what metrics.json says."""

    weights: Path
    metrics: dict[str, Any]


def train_fracture(run: FractureRun, progress: Progress | None = None) -> TrainedFracture:
    """Train as ``run`` says; a cancel through ``progress`` leaves the last checkpoint.

    Raises:
        InputError: no slices, an unknown network, a checkpoint of another recipe, no such device.
    """
    if not run.train or not run.held_out:
        raise InputError("Training needs cases to learn from and others to validate on: give at least two cases.")
    run.out_dir.mkdir(parents=True, exist_ok=True)
    trainer = _Trainer(run, progress or Progress())
    if run.resume and trainer.checkpoint.exists():
        trainer.resume()
    return trainer.train()


def plateau(dices: Sequence[float], factor: float) -> float:
    """Share of the learning rate after validations with ``dices``: times ``factor`` for each without a new best.

    Example:
        >>> plateau([0.1, 0.3, 0.2, 0.4], 0.5)
        0.5
    """
    best, share = -1.0, 1.0
    for dice in dices:
        if dice <= best:
            share *= factor
        best = max(best, dice)
    return share


def recorded(recipe: FractureRecipe) -> dict[str, Any]:
    """``recipe`` as JSON for a checkpoint. What is None is left out, so that runs from before such a field go on."""
    return {name: value for name, value in json.loads(json.dumps(asdict(recipe))).items() if value is not None}


class _Trainer:
    """The state of one run between its steps."""

    def __init__(self, run: FractureRun, progress: Progress) -> None:
        torch.manual_seed(run.seed)
        self.run, self.recipe, self.progress = run, run.recipe, progress
        self.precision = choose_precision(run.device)
        network = build_network(run.recipe.network, run.recipe.name)
        self.network: nn.Module = network.to(self.precision.device).to(memory_format=torch.channels_last)
        self.average = WeightAverage(self.network, run.recipe.ema_decay)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=run.recipe.learning_rate)
        self.source = CropSource(run.train, run.recipe, run.plane, run.seed)
        self.tiles: list[Tiles] = [validation_tiles(case, run.recipe.validation_tiles) for case in run.held_out]
        self.steps_per_epoch = -(-self.source.slices // run.recipe.batch)
        self.validate_every = run.recipe.validate_every or self.steps_per_epoch
        steps = run.recipe.steps or run.recipe.epochs * self.steps_per_epoch
        self.budget = Budget(steps, run.minutes, clock=run.clock)
        self.state = checkpoint.RunState(recipe=recorded(run.recipe), seed=run.seed)
        self.checkpoint = run.out_dir / checkpoint.FILE_NAME
        self.weights = run.out_dir / WEIGHTS_FILE
        self.smooth_loss: float | None = None
        # Of this sitting.
        self.stepped, self.cpu_s = 0, 0.0

    def resume(self) -> None:
        """Go on where the checkpoint is."""
        own, path, weights = self.state, self.checkpoint, self.average.values
        self.state = checkpoint.resume_run(path, own, self.network, weights, self.optimizer)
        self.budget.before_s = self.state.elapsed_s

    def train(self) -> TrainedFracture:
        """Step until the budget is spent or the Dice no longer grows, validating on the way."""
        batches = self.source.batches(self.state.step)
        validated_at = self.state.step if self.state.history else -1
        while not self.budget.is_spent(self.state.step) and not self._has_stalled():
            start = time.process_time()
            self.step(next(batches))
            self.stepped, self.cpu_s = self.stepped + 1, self.cpu_s + time.process_time() - start
            if self.state.step % self.validate_every == 0:
                self.validate()
                validated_at = self.state.step
        if validated_at != self.state.step or not self.weights.exists():
            self.validate()
        return TrainedFracture(self.weights, self.write_metrics())

    def step(self, crops: Crops) -> None:
        """One optimizer step."""
        image = crops.image.to(self.precision.device, memory_format=torch.channels_last)
        labels, knows = crops.labels.to(self.precision.device), crops.knows_bodies.to(self.precision.device)
        rate = self._rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        torch.manual_seed(self.run.seed + self.state.step)
        with self.precision.context():
            logits = self.network(image)
        logits = logits.float()
        loss = fracture_loss(logits, labels, knows, self.recipe.body_weight)
        # SpineGAN's game.
        extra = getattr(self.network, "extra_loss", None)
        if extra is not None:
            loss = loss + extra(image, logits[:, 0], labels == FRACTURE)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        limit = self.recipe.gradient_clip or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), limit)
        # One step that overflowed would spoil all weights.
        if torch.isfinite(norm):
            self.optimizer.step()
        self.state.step += 1
        self.average.update(self.state.step)
        self._tell(float(loss.detach()))

    def _rate(self) -> float:
        fraction = self.budget.fraction(self.state.step) if self.recipe.cosine else 0.0
        rate = learning_rate(self.recipe.learning_rate, fraction, self.state.step, self.recipe.warmup_steps)
        return rate * plateau([entry["dice"] for entry in self.state.history], self.recipe.plateau_factor)

    # Validation and records

    def validate(self) -> None:
        """Dice of the held-out tiles; keeps the weights when they are the best so far; saves a checkpoint."""
        with self.average.applied():
            counts = [self._counts(tiles) for tiles in self.tiles]
            dice = sum(counts, NOTHING).dice or 0.0
            if dice > self.state.best_dice:
                self.state.best_dice, self.state.best_step = dice, self.state.step
                self.average.save(self.weights)
        self.state.elapsed_s = self.budget.elapsed_s
        self.state.history.append(
            {
                "step": self.state.step,
                "elapsed_s": round(self.state.elapsed_s, 1),
                "loss": self.smooth_loss if self.smooth_loss is not None else 0.0,
                "dice": dice,
                "step_cpu_s": round(self.cpu_s / max(1, self.stepped), 4),
            }
        )
        self.write_metrics()
        checkpoint.save_checkpoint(self.checkpoint, self.state, self.network, self.average.values, self.optimizer)
        self.progress.report(self.run.plane, self.budget.fraction(self.state.step), f"validation Dice {dice:.4f}")

    def _counts(self, tiles: Tiles) -> Counts:
        found = tile_probabilities(self.network, tiles.pictures, self.precision)
        pairs = zip(tiles.labels, found, strict=True)
        return sum((Counts.of(truth == FRACTURE, share > THRESHOLD) for truth, share in pairs), NOTHING)

    def _has_stalled(self) -> bool:
        patience = self.recipe.early_stop * self.validate_every
        return 0 < patience <= self.state.step - self.state.best_step

    def _tell(self, loss: float) -> None:
        self.smooth_loss = smoothed(self.smooth_loss, loss)
        message = f"step {self.state.step}, loss {self.smooth_loss:.4f}, best Dice {max(0.0, self.state.best_dice):.4f}"
        self.progress.report(self.run.plane, self.budget.fraction(self.state.step), message)

    def write_metrics(self) -> dict[str, Any]:
        """metrics.json: where the run is, and every validation."""
        metrics = {
            "validation_dice_of_tiles": self.state.best_dice,
            "best_step": self.state.best_step,
            "steps": self.state.step,
            "steps_per_epoch": self.steps_per_epoch,
            "training_s": round(self.state.elapsed_s, 1),
            # Processor seconds, which do not grow on a shared machine as the clock's do.
            "step_cpu_s": self.state.history[-1].get("step_cpu_s") if self.state.history else None,
            "device": str(self.precision.device),
            "seed": self.run.seed,
            "train_cases": len(self.run.train),
            "validation_cases": len(self.run.held_out),
            "parameters": sum(tensor.numel() for tensor in self.network.parameters()),
            "recipe": self.state.recipe,
            "history": self.state.history,
        }
        (self.run.out_dir / METRICS_FILE).write_text(json.dumps(metrics, indent=1))
        return metrics
