"""The loop that trainings share: steps, validations, the best averaged weights kept. Can be taken up again."""

from __future__ import annotations

import math
import time
from contextlib import closing
from typing import Generic

import torch
from orthoai.progress import Progress
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from orthoai_training.learning.average import WeightAverage
from orthoai_training.learning.checkpoint import NO_SCORE, RunState, recorded, resume_run, save_checkpoint
from orthoai_training.learning.lesson import B, Lesson
from orthoai_training.learning.pace import Pace
from orthoai_training.learning.run_folder import Learned, Place
from orthoai_training.learning.schedule import Budget, smoothed


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
        self.state = RunState(recipe=recorded(place.recipe), seed=place.seed)
        self.smooth_loss: float | None = None
        # Of this sitting.
        self.stepped, self.cpu_s = 0, 0.0
        if place.resume and place.checkpoint.exists():
            own, average = self.state, self.average.values
            self.state = resume_run(place.checkpoint, own, lesson.network, average, optimizer)
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
            SummaryWriter(self.place.board) as board,
            closing(self.lesson.batches(self.state.step)) as batches,
        ):
            self.board = board
            if self.place.goes_on and self.state.step == 0:
                self._score_start()
            # One step at least: what the model scores may take all the time there is.
            while self.state.step == 0 or not (self.budget.is_spent(self.state.step) or self._has_stalled()):
                start = time.process_time()
                self.step(next(batches))
                self.stepped, self.cpu_s = self.stepped + 1, self.cpu_s + time.process_time() - start
                if self.state.step % self.pace.validate_every == 0:
                    self.validate()
                    validated_at = self.state.step
            if validated_at != self.state.step or not self.place.weights.exists():
                self.validate()
        if self.state.start_dice is not None:
            self._tell(
                f"best validation Dice {self.state.best_dice:.4f}, {self.state.start_dice:.4f} before the training"
            )
        return Learned(self.place.weights, self.place.write_metrics(self.state, self.lesson.network))

    def step(self, batch: B) -> None:
        """One optimizer step."""
        step = self.state.step
        # Without a score nothing tells that the learning stands still.
        dices = [] if self.state.best_dice == NO_SCORE else [entry["dice"] for entry in self.state.history]
        rate = self.pace.rate(step, self.budget.fraction(step), dices)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.lesson.network.train()
        # Dropout draws from the global generator.
        torch.manual_seed(self.place.seed + step)
        loss = self.lesson.loss(batch)
        self._descend(loss)
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
            if score is None or score > self.state.best_dice or not self.place.weights.exists():
                self.state.best_dice, self.state.best_step = NO_SCORE if score is None else score, self.state.step
                self.average.save(self.place.weights)
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
        self.place.write_metrics(self.state, self.lesson.network)
        save_checkpoint(self.place.checkpoint, self.state, self.lesson.network, self.average.values, self.optimizer)
        self._tell("kept" if score is None else f"validation Dice {score:.4f}")

    def _score_start(self) -> None:
        """What the model's weights score; no step has changed them yet."""
        began = self.budget.elapsed_s
        self.state.start_dice = self.lesson.score()
        self.budget.reserve_s = 1.1 * (self.budget.elapsed_s - began)
        if self.state.start_dice is not None:
            self.board.add_scalar("validation/dice", self.state.start_dice, 0)

    def _descend(self, loss: Tensor) -> None:
        """Change the weights against the gradient of ``loss``."""
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        most = self.pace.gradient_clip or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(self.lesson.network.parameters(), most)
        # One step that overflowed would spoil all weights.
        if torch.isfinite(norm):
            self.scaler.step(self.optimizer)
        self.scaler.update()

    def _take_in(self, loss: float) -> None:
        # That of a step that overflowed would stay in every later one.
        if math.isfinite(loss):
            self.smooth_loss = smoothed(self.smooth_loss, loss)

    @property
    def _rate(self) -> float:
        rate: float = self.optimizer.param_groups[0]["lr"]
        return rate

    def _has_stalled(self) -> bool:
        return self.pace.has_stalled(self.state.step - self.state.best_step)

    def _tell(self, message: str) -> None:
        self.progress.report(self.place.stage, self.budget.fraction(self.state.step), message)
