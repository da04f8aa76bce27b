"""One trainer for stage 2 and for the networks it is compared with.

After Xie et al. 2025: random patches, a validation every few epochs, the best weights kept. Can end after a number of
minutes, and can be taken up again.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.segment.network import build, load_weights, save_weights
from torch.utils.tensorboard import SummaryWriter

from orthoai_training.segmenter import checkpoint
from orthoai_training.segmenter.augment import SEED_STRIDE, prepare
from orthoai_training.segmenter.average import WeightAverage
from orthoai_training.segmenter.crop_store import Crop, open_crops
from orthoai_training.segmenter.losses import build_loss
from orthoai_training.segmenter.networks import spec_of
from orthoai_training.segmenter.patches import Batch, batches
from orthoai_training.segmenter.precision import choose_precision
from orthoai_training.segmenter.schedule import Budget, Clock, learning_rate, smoothed
from orthoai_training.segmenter.validate import mean_dice
from orthoai_training.train.recipes import SegmenterRecipe

STAGE = "segmenter"
"""Name of this stage in progress reports."""


@dataclass(frozen=True)
class Trained:
    """A finished (or budget-ended) run.

    Attributes:
        weights: safetensors file (float16) of the best validation.
        metrics: what metrics.json says.
    """

    weights: Path
    metrics: dict[str, Any]


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
) -> Trained:
    """Train ``recipe`` on the crops of ``crops_dir`` (see crop_store) and keep the best weights in ``out_dir``.

    Writes segmenter.safetensors, metrics.json, checkpoint.safetensors and TensorBoard events.

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
    out_dir.mkdir(parents=True, exist_ok=True)
    with SummaryWriter(out_dir / "tensorboard") as board:
        run = _Run(crops, held_out, recipe, out_dir, device, seed, minutes, progress or Progress(), clock, board, start)
        if resume and run.checkpoint.exists():
            run.resume()
        return run.train()


def _spread(crops: list[Crop], count: int) -> list[Crop]:
    """At most ``count`` of the crops, evenly over the list."""
    if len(crops) <= count:
        return crops
    return [crops[n] for n in np.linspace(0, len(crops) - 1, count).round().astype(int)]


class _Run:
    """The state of one training run between its steps."""

    def __init__(
        self,
        crops: list[Crop],
        held_out: list[Crop],
        recipe: SegmenterRecipe,
        out_dir: Path,
        device: str,
        seed: int,
        minutes: float | None,
        progress: Progress,
        clock: Clock,
        board: SummaryWriter,
        start: Path | None,
    ) -> None:
        torch.manual_seed(seed)
        self.crops, self.held_out, self.recipe, self.out_dir = crops, held_out, recipe, out_dir
        self.progress, self.board, self.seed = progress, board, seed
        self.precision = choose_precision(device)
        self.device = self.precision.device
        self.steps_per_epoch = recipe.steps_per_epoch or -(-len(crops) // recipe.batch)
        self.budget = Budget(recipe.epochs * self.steps_per_epoch, minutes, clock=clock)
        self.network = build(spec_of(recipe))
        if start is not None:
            load_weights(self.network, start)
        self.network = self.network.to(self.device).to(memory_format=self.precision.layout)
        self.average = WeightAverage(self.network, recipe.ema_decay)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.scaler = self.precision.scaler()
        self.loss = build_loss(recipe.loss)
        self.state = checkpoint.RunState(recipe=json.loads(json.dumps(asdict(recipe))), seed=seed)
        self.checkpoint = out_dir / checkpoint.FILE_NAME
        self.weights = out_dir / "segmenter.safetensors"
        self.smooth_loss: float | None = None

    def resume(self) -> None:
        """Go on where the checkpoint is."""
        own, path, weights = self.state, self.checkpoint, self.average.values
        self.state = checkpoint.resume_run(path, own, self.network, weights, self.optimizer)
        self.budget.before_s = self.state.elapsed_s

    # The loop

    def train(self) -> Trained:
        """Step until the budget is spent, validating on the way."""
        source = batches(self.crops, self.recipe, self.seed, self.state.step)
        validated_at = self.state.step
        try:
            while not self.budget.is_spent(self.state.step):
                loss = self.step(next(source))
                self.smooth_loss = smoothed(self.smooth_loss, loss)
                self.tell(loss)
                if self.state.step % (self.recipe.validate_every * self.steps_per_epoch) == 0:
                    self.validate()
                    validated_at = self.state.step
        finally:
            source.close()
        if validated_at != self.state.step or not self.weights.exists():
            self.validate()
        return Trained(self.weights, self.write_metrics())

    def step(self, batch: Batch) -> float:
        """One optimizer step; returns the loss."""
        image, target = (torch.from_numpy(array).to(self.device) for array in (batch.image, batch.mask))
        image, target = prepare(image, target, self.recipe, self.seed, batch.step)
        image = image.contiguous(memory_format=self.precision.layout)
        rate = learning_rate(
            self.recipe.learning_rate, self.budget.fraction(self.state.step), self.state.step, self.recipe.warmup_steps
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        # Dropout draws from the global generator: seeded per step, a resumed run goes on as the first would have.
        torch.manual_seed(self.seed * SEED_STRIDE + batch.step)
        self.optimizer.zero_grad(set_to_none=True)
        with self.precision.context():
            logits = self.network(image)
        loss = self.loss(logits.float(), target)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_clip)
        # One step that overflowed would spoil all weights.
        if torch.isfinite(norm):
            self.scaler.step(self.optimizer)
        self.scaler.update()
        self.state.step += 1
        self.average.update(self.state.step)
        return float(loss.detach())

    # Validation and records

    def validate(self) -> None:
        """Dice on the held-out crops; keeps the weights when they are the best so far; saves a checkpoint."""
        began = self.budget.elapsed_s
        with self.average.applied():
            dice = 0.0
            if self.held_out:
                dice = mean_dice(self.network, self.held_out, self.recipe, self.precision, self.progress)
            # Without held-out crops the last weights are the ones to keep.
            if not self.held_out or dice > self.state.best_dice:
                self.state.best_dice, self.state.best_step = dice, self.state.step
                save_weights(self.network, self.weights)
        self.state.elapsed_s = self.budget.elapsed_s
        # The last validation must fit in the time as well.
        self.budget.reserve_s = max(self.budget.reserve_s, 1.1 * (self.state.elapsed_s - began))
        entry = {
            "step": self.state.step,
            "epoch": self.state.step / self.steps_per_epoch,
            "elapsed_s": round(self.state.elapsed_s, 1),
            "loss": self.smooth_loss if self.smooth_loss is not None else float("nan"),
            "dice": dice,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
        }
        self.state.history.append(entry)
        self.board.add_scalar("validation/dice", dice, self.state.step)
        self.write_metrics()
        checkpoint.save_checkpoint(self.checkpoint, self.state, self.network, self.average.values, self.optimizer)
        self.progress.report(STAGE, self.budget.fraction(self.state.step), f"validation Dice {dice:.4f}")

    def tell(self, loss: float) -> None:
        """Report one step."""
        step = self.state.step
        self.board.add_scalar("train/loss", loss, step)
        self.board.add_scalar("train/learning_rate", self.optimizer.param_groups[0]["lr"], step)
        message = f"step {step}, loss {self.smooth_loss:.4f}, best Dice {max(0.0, self.state.best_dice):.4f}"
        self.progress.report(STAGE, self.budget.fraction(step), message)

    def write_metrics(self) -> dict[str, Any]:
        """metrics.json: where the run is, and every validation."""
        metrics = {
            "best_dice": self.state.best_dice if self.held_out else None,
            "best_step": self.state.best_step,
            "steps": self.state.step,
            "steps_per_epoch": self.steps_per_epoch,
            "training_s": round(self.state.elapsed_s, 1),
            "device": str(self.device),
            "precision": str(self.precision.autocast or torch.float32).removeprefix("torch."),
            "seed": self.seed,
            "train_crops": len(self.crops),
            "validation_crops": len(self.held_out),
            "recipe": self.state.recipe,
            "history": self.state.history,
        }
        (self.out_dir / "metrics.json").write_text(json.dumps(metrics, indent=1))
        return metrics
