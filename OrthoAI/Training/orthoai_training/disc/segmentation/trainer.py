"""One trainer for the compact segmenter, the paper's grid and the distillation. Can be taken up again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from orthoai.errors import InputError
from orthoai.progress import Progress
from safetensors.torch import load_file
from torch import Tensor, nn

from orthoai_training.disc.segmentation.dice import dice_per_structure, mean_dice
from orthoai_training.disc.segmentation.losses import LOSSES, distillation
from orthoai_training.disc.segmentation.networks import build_segmenter
from orthoai_training.disc.segmentation.predict import case_labels
from orthoai_training.disc.segmentation.recipe import SliceRecipe
from orthoai_training.disc.segmentation.slices import Crops, LabeledSlices, crop_batches
from orthoai_training.segmenter import checkpoint
from orthoai_training.segmenter.average import WeightAverage
from orthoai_training.segmenter.precision import choose_precision
from orthoai_training.segmenter.schedule import Budget, Clock, learning_rate, smoothed

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
        start: weights to begin from; resume: go on from out_dir's checkpoint when there is one.
        teacher: for a recipe with ``distill``.
    """

    train: Sequence[LabeledSlices]
    held_out: Sequence[LabeledSlices]
    recipe: SliceRecipe
    out_dir: Path
    device: str = "auto"
    seed: int = 0
    minutes: float | None = None
    resume: bool = False
    start: Path | None = None
    teacher: Teacher | None = None
    clock: Clock = time.monotonic


@dataclass(frozen=True)
class TrainedSegmenter:
    """The weights of the best validation, what metrics.json says, and whether ONNX can hold the network."""

    weights: Path
    metrics: dict[str, Any]
    exportable: bool = True


def train_slices(run: SegmenterRun, progress: Progress | None = None) -> TrainedSegmenter:
    """Train as ``run`` says; a cancel through ``progress`` leaves the last checkpoint.

    Raises:
        InputError: no cases, an unknown network, a checkpoint of another recipe, no such device.
    """
    if not run.train:
        raise InputError("There are no training slices: check the folder of the data and the split.")
    run.out_dir.mkdir(parents=True, exist_ok=True)
    trainer = _Trainer(run, progress or Progress())
    if run.resume and trainer.checkpoint.exists():
        trainer.resume()
    return trainer.train()


class _Trainer:
    """The state of one run between its steps."""

    def __init__(self, run: SegmenterRun, progress: Progress) -> None:
        torch.manual_seed(run.seed)
        self.run, self.recipe, self.progress = run, run.recipe, progress
        self.precision = choose_precision(run.device)
        built = build_segmenter(run.recipe.architecture, run.recipe.pretrained)
        self.stride, self.neighbor_step, self.first_weights = built.stride, built.neighbor_step, built.start
        self.exportable = built.exportable
        if run.start is not None:
            built.network.load_state_dict(load_file(run.start))
            self.first_weights = "earlier weights"
        self.network: nn.Module = built.network.to(self.precision.device).to(memory_format=torch.channels_last)
        self.average = WeightAverage(self.network, run.recipe.ema_decay)
        # Fused: a sixth of the time of an optimizer step on a processor, which is a quarter of a whole step.
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=run.recipe.learning_rate, weight_decay=run.recipe.weight_decay, fused=True
        )
        self.cases = [case.shrunk(run.recipe.shrink) for case in run.train]
        self.held_out = [case.shrunk(run.recipe.shrink) for case in run.held_out]
        slices = sum(len(case.image) for case in run.train)
        self.steps_per_epoch = -(-slices // run.recipe.batch)
        self.validate_every = run.recipe.validate_every or self.steps_per_epoch
        self.budget = Budget(run.recipe.epochs * self.steps_per_epoch, run.minutes, clock=run.clock)
        self.loss = LOSSES[run.recipe.loss]
        self.state = checkpoint.RunState(recipe=json.loads(json.dumps(asdict(run.recipe))), seed=run.seed)
        self.checkpoint = run.out_dir / checkpoint.FILE_NAME
        self.weights = run.out_dir / "weights.safetensors"
        self.smooth_loss: float | None = None

    def resume(self) -> None:
        """Go on where the checkpoint is."""
        own, path, weights = self.state, self.checkpoint, self.average.values
        self.state = checkpoint.resume_run(path, own, self.network, weights, self.optimizer)
        self.budget.before_s = self.state.elapsed_s

    def train(self) -> TrainedSegmenter:
        """Step until the budget is spent or the Dice no longer grows, validating on the way."""
        source = crop_batches(self.cases, self.recipe, self.run.seed, self.state.step)
        validated_at = -1
        while not self.budget.is_spent(self.state.step) and not self._has_stalled():
            self.step(next(source))
            if self.state.step % self.validate_every == 0:
                self.validate()
                validated_at = self.state.step
        if validated_at != self.state.step or not self.weights.exists():
            self.validate()
        return TrainedSegmenter(self.weights, self.write_metrics(), self.exportable)

    def step(self, crops: Crops) -> None:
        """One optimizer step."""
        image = crops.image.to(self.precision.device, memory_format=torch.channels_last)
        target = crops.labels.to(self.precision.device)
        fraction = self.budget.fraction(self.state.step) if self.recipe.cosine else 0.0
        rate = learning_rate(self.recipe.learning_rate, fraction, self.state.step, self.recipe.warmup_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        torch.manual_seed(self.run.seed + self.state.step)
        with self.precision.context():
            logits = self.network(image)
        loss = self._loss(image, logits.float(), target)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_clip)
        # One step that overflowed would spoil all weights.
        if torch.isfinite(norm):
            self.optimizer.step()
        self.state.step += 1
        self.average.update(self.state.step)
        self._tell(float(loss.detach()))

    def _loss(self, image: Tensor, logits: Tensor, target: Tensor) -> Tensor:
        loss = self.loss(logits, target)
        if self.run.teacher is None or self.recipe.distill == 0:
            return loss
        with self.precision.context():
            taught = self.run.teacher(image)
        return (1 - self.recipe.distill) * loss + self.recipe.distill * distillation(logits, taught)

    # Validation and records

    def validate(self) -> None:
        """Dice on the held-out cases; keeps the weights when they are the best so far; saves a checkpoint."""
        with self.average.applied():
            scores = [
                dice_per_structure(
                    case.labels,
                    case_labels(self.network, case.image, self.stride, self.precision, self.neighbor_step),
                )
                for case in self.held_out
            ]
            dice = float(np.mean([mean_dice(score) for score in scores])) if scores else 0.0
            # Without held-out cases the last weights are the ones to keep.
            if not scores or dice > self.state.best_dice:
                self.state.best_dice, self.state.best_step = dice, self.state.step
                self.average.save(self.weights)
        self.state.elapsed_s = self.budget.elapsed_s
        entry = {
            "step": self.state.step,
            "elapsed_s": round(self.state.elapsed_s, 1),
            "loss": self.smooth_loss if self.smooth_loss is not None else float("nan"),
            "dice": dice,
        }
        self.state.history.append(entry)
        self.write_metrics()
        checkpoint.save_checkpoint(self.checkpoint, self.state, self.network, self.average.values, self.optimizer)
        self.progress.report(STAGE, self.budget.fraction(self.state.step), f"validation Dice {dice:.4f}")

    def _has_stalled(self) -> bool:
        patience = self.recipe.early_stop * self.validate_every
        return 0 < patience <= self.state.step - self.state.best_step and bool(self.run.held_out)

    def _tell(self, loss: float) -> None:
        self.smooth_loss = smoothed(self.smooth_loss, loss)
        message = f"step {self.state.step}, loss {self.smooth_loss:.4f}, best Dice {max(0.0, self.state.best_dice):.4f}"
        self.progress.report(STAGE, self.budget.fraction(self.state.step), message)

    def write_metrics(self) -> dict[str, Any]:
        """metrics.json: where the run is, and every validation."""
        metrics = {
            "best_dice": self.state.best_dice if self.run.held_out else None,
            "best_step": self.state.best_step,
            "steps": self.state.step,
            "steps_per_epoch": self.steps_per_epoch,
            "training_s": round(self.state.elapsed_s, 1),
            "first_weights": self.first_weights,
            "device": str(self.precision.device),
            "seed": self.run.seed,
            "train_cases": len(self.run.train),
            "validation_cases": len(self.run.held_out),
            "recipe": self.state.recipe,
            "history": self.state.history,
        }
        (self.run.out_dir / "metrics.json").write_text(json.dumps(metrics, indent=1))
        return metrics
