"""The loop that trainings share: steps, validations, the best averaged weights kept. Can be taken up again."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import torch
from orthoai.progress import Progress
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from orthoai_training.learning import checkpoint
from orthoai_training.learning.average import WeightAverage
from orthoai_training.learning.precision import Precision
from orthoai_training.learning.schedule import Budget, Clock, learning_rate, smoothed
from orthoai_training.text_files import write_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

WEIGHTS_FILE = "weights.safetensors"
METRICS_FILE = "metrics.json"

BOARD = "tensorboard"
"""Folder of TensorBoard events in that of a run."""

NO_SCORE = -1.0
"""Best Dice of a :class:`checkpoint.RunState` before the first validation, and where nothing is held out."""

B = TypeVar("B")


class Lesson(Protocol[B]):
    """What is learned: a network, batches, a loss and a score."""

    network: nn.Module
    """On its device."""

    precision: Precision

    def batches(self, first_step: int) -> Generator[B, None, None]:
        """Without end, from number ``first_step`` on; each depends on its number alone, so that a resumed run goes on
        as it would have.
        """
        ...

    def loss(self, batch: B) -> Tensor:
        """Of the network, which is in training mode."""
        ...

    def score(self) -> float | None:
        """Dice 0..1 of the network on what it does not learn from; None where there is no such thing."""
        ...


class Paced(Protocol):
    """What every recipe says of its steps; see :class:`Pace`."""

    @property
    def learning_rate(self) -> float: ...

    @property
    def warmup_steps(self) -> int: ...

    @property
    def gradient_clip(self) -> float: ...

    @property
    def ema_decay(self) -> float: ...


@dataclass(frozen=True)
class Pace:
    """How a run steps.

    Attributes:
        steps: at most; minutes: of training in all, earlier sittings included; None for no limit.
        validate_every: steps from one validation to the next.
        learning_rate, warmup_steps: see :func:`schedule.learning_rate`; without ``cosine`` the rate stays.
        plateau_factor: on the rate after each validation without a new best.
        early_stop: validations without a new best that end the run; 0 for never.
        gradient_clip: largest norm of a step; 0 for no limit.
        ema_decay: of the averaged weights.
    """

    steps: int
    minutes: float | None
    validate_every: int
    learning_rate: float
    warmup_steps: int = 0
    cosine: bool = True
    plateau_factor: float = 1.0
    early_stop: int = 0
    gradient_clip: float = 0.0
    ema_decay: float = 0.999

    @classmethod
    def of(cls, recipe: Paced, steps: int, minutes: float | None, validate_every: int) -> Pace:
        """As ``recipe`` says."""
        return cls(
            steps,
            minutes,
            validate_every,
            recipe.learning_rate,
            recipe.warmup_steps,
            gradient_clip=recipe.gradient_clip,
            ema_decay=recipe.ema_decay,
        )


@dataclass(frozen=True)
class Place:
    """Where a run is kept.

    Attributes:
        out_dir: gets weights.safetensors (float32), metrics.json, checkpoint.safetensors and TensorBoard events.
        stage: its name in progress reports.
        recipe: that a run which is taken up again must share; seed too.
        facts: further entries of metrics.json; score_name: its entry for the best score.
        resume: go on from out_dir's checkpoint when there is one.
    """

    out_dir: Path
    stage: str
    recipe: DataclassInstance
    seed: int
    facts: Mapping[str, Any]
    score_name: str = "best_dice"
    resume: bool = False
    clock: Clock = time.monotonic


@dataclass(frozen=True)
class Learned:
    """The averaged weights of the best validation, the last ones where there is none, and what metrics.json says."""

    weights: Path
    metrics: dict[str, Any]


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


class Loop(Generic[B]):
    """The state of one run between its steps.

    Attributes:
        board: open while it trains.

    Args:
        optimizer: of the lesson's network.

    Raises:
        InputError: the checkpoint to go on from belongs to another recipe or seed.
    """

    board: SummaryWriter

    def __init__(
        self, lesson: Lesson[B], optimizer: torch.optim.Optimizer, pace: Pace, place: Place, progress: Progress
    ) -> None:
        self.lesson, self.optimizer, self.pace, self.place, self.progress = lesson, optimizer, pace, place, progress
        place.out_dir.mkdir(parents=True, exist_ok=True)
        self.average = WeightAverage(lesson.network, pace.ema_decay)
        self.scaler = lesson.precision.scaler()
        self.budget = Budget(pace.steps, pace.minutes, clock=place.clock)
        self.state = checkpoint.RunState(recipe=checkpoint.recorded(place.recipe), seed=place.seed)
        self.checkpoint = place.out_dir / checkpoint.FILE_NAME
        self.weights = place.out_dir / WEIGHTS_FILE
        self.smooth_loss: float | None = None
        # Of this sitting.
        self.stepped, self.cpu_s = 0, 0.0
        if place.resume and self.checkpoint.exists():
            own, average = self.state, self.average.values
            self.state = checkpoint.resume_run(self.checkpoint, own, lesson.network, average, optimizer)
            self.budget.before_s = self.state.elapsed_s
            if self.state.history:
                self._take_in(self.state.history[-1]["loss"])

    def train(self) -> Learned:
        """Step until the budget is spent or the Dice no longer grows, validating on the way.

        Raises:
            Canceled: asked for through the progress; the last checkpoint stays.
        """
        validated_at = self.state.step if self.state.history else -1
        with (
            SummaryWriter(self.place.out_dir / BOARD) as board,
            closing(self.lesson.batches(self.state.step)) as batches,
        ):
            self.board = board
            while not self.budget.is_spent(self.state.step) and not self._has_stalled():
                start = time.process_time()
                self.step(next(batches))
                self.stepped, self.cpu_s = self.stepped + 1, self.cpu_s + time.process_time() - start
                if self.state.step % self.pace.validate_every == 0:
                    self.validate()
                    validated_at = self.state.step
            if validated_at != self.state.step or not self.weights.exists():
                self.validate()
        return Learned(self.weights, self.write_metrics())

    def step(self, batch: B) -> None:
        """One optimizer step."""
        step, pace = self.state.step, self.pace
        fraction = self.budget.fraction(step) if pace.cosine else 0.0
        rate = learning_rate(pace.learning_rate, fraction, step, pace.warmup_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * plateau([entry["dice"] for entry in self.state.history], pace.plateau_factor)
        self.lesson.network.train()
        # Dropout draws from the global generator.
        torch.manual_seed(self.place.seed + step)
        loss = self.lesson.loss(batch)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self.lesson.network.parameters(), pace.gradient_clip or float("inf"))
        # One step that overflowed would spoil all weights.
        if torch.isfinite(norm):
            self.scaler.step(self.optimizer)
        self.scaler.update()
        self.state.step += 1
        self.average.update(self.state.step)
        value = float(loss.detach())
        self._take_in(value)
        self.board.add_scalar("train/loss", value, self.state.step)
        self.board.add_scalar("train/learning_rate", self._rate, self.state.step)
        best = "" if self.state.best_dice == NO_SCORE else f", best Dice {self.state.best_dice:.4f}"
        told = "" if self.smooth_loss is None else f", loss {self.smooth_loss:.4f}"
        self._tell(f"step {self.state.step}{told}{best}")

    def validate(self) -> None:
        """Score the averaged weights, keep them when they are the best so far, and save a checkpoint."""
        began = self.budget.elapsed_s
        with self.average.applied():
            score = self.lesson.score()
            # The best weights may have been taken away.
            if score is None or score > self.state.best_dice or not self.weights.exists():
                self.state.best_dice, self.state.best_step = NO_SCORE if score is None else score, self.state.step
                self.average.save(self.weights)
        self.state.elapsed_s = self.budget.elapsed_s
        # The last validation must fit in the time as well.
        self.budget.reserve_s = max(self.budget.reserve_s, 1.1 * (self.state.elapsed_s - began))
        if score is not None:
            self.board.add_scalar("validation/dice", score, self.state.step)
        self.state.history.append(
            {
                "step": self.state.step,
                "elapsed_s": round(self.state.elapsed_s, 1),
                "loss": self.smooth_loss if self.smooth_loss is not None else 0.0,
                "dice": score or 0.0,
                "learning_rate": self._rate,
                "step_cpu_s": round(self.cpu_s / max(1, self.stepped), 4),
            }
        )
        self.write_metrics()
        checkpoint.save_checkpoint(
            self.checkpoint, self.state, self.lesson.network, self.average.values, self.optimizer
        )
        self._tell("kept" if score is None else f"validation Dice {score:.4f}")

    def write_metrics(self) -> dict[str, Any]:
        """metrics.json: where the run is, and every validation."""
        metrics = {
            self.place.score_name: None if self.state.best_dice == NO_SCORE else self.state.best_dice,
            "best_step": self.state.best_step,
            "steps": self.state.step,
            "training_s": round(self.state.elapsed_s, 1),
            # Processor seconds, which do not grow on a shared machine as the clock's do.
            "step_cpu_s": self.state.history[-1].get("step_cpu_s") if self.state.history else None,
            "seed": self.place.seed,
            "parameters": sum(tensor.numel() for tensor in self.lesson.network.parameters()),
            **self.place.facts,
            "recipe": self.state.recipe,
            "history": self.state.history,
        }
        write_json(self.place.out_dir / METRICS_FILE, metrics)
        return metrics

    def _take_in(self, loss: float) -> None:
        # That of a step that overflowed would stay in every later one.
        if math.isfinite(loss):
            self.smooth_loss = smoothed(self.smooth_loss, loss)

    @property
    def _rate(self) -> float:
        rate: float = self.optimizer.param_groups[0]["lr"]
        return rate

    def _has_stalled(self) -> bool:
        patience = self.pace.early_stop * self.pace.validate_every
        return 0 < patience <= self.state.step - self.state.best_step

    def _tell(self, message: str) -> None:
        self.progress.report(self.place.stage, self.budget.fraction(self.state.step), message)
