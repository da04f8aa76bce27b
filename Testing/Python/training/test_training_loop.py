"""The loop that trainings share, on a lesson whose losses are known."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from orthoai.errors import Canceled
from orthoai.progress import Progress
from orthoai_training.learning.lesson import Lesson
from orthoai_training.learning.loop import Loop
from orthoai_training.learning.pace import Pace
from orthoai_training.learning.precision import choose_precision
from orthoai_training.learning.run_folder import METRICS_FILE, START_DICE, Learned, Place


@dataclass(frozen=True)
class NoRecipe:
    """Of a lesson that needs none."""


class Told(Lesson[int]):
    """Its losses are ``losses``, and its first scores ``scores``, whatever the network says."""

    def __init__(self, *losses: float, scores: Sequence[float | None] = ()) -> None:
        self.losses, self.scores = losses, list(scores)
        self.network = torch.nn.Linear(1, 1)
        self.precision = choose_precision("cpu")

    def batches(self, first_step: int) -> Generator[int, None, None]:
        yield from range(first_step, len(self.losses))

    def loss(self, batch: int) -> torch.Tensor:
        return self.network(torch.zeros(1, 1)).sum() * 0 + self.losses[batch]

    def score(self) -> float | None:
        return self.scores.pop(0) if self.scores else 0.5


def trained(
    lesson: Told, folder: Path, resume: bool = False, progress: Progress | None = None, goes_on: bool = False
) -> Learned:
    """With a validation after each second step."""
    optimizer = torch.optim.AdamW(lesson.network.parameters())
    pace = Pace(len(lesson.losses), None, 2, learning_rate=0.01)
    place = Place(folder, "lesson", NoRecipe(), 0, {}, resume=resume, goes_on=goes_on)
    return Loop(lesson, optimizer, pace, place, progress or Progress()).train()


def losses_told(lesson: Told, folder: Path, resume: bool = False, progress: Progress | None = None) -> list[float]:
    """At every validation."""
    return [entry["loss"] for entry in trained(lesson, folder, resume, progress).metrics["history"]]


@pytest.mark.parametrize("overflowed", [0, 2])
def test_a_step_that_overflowed_leaves_the_loss_of_the_others(tmp_path: Path, overflowed: int) -> None:
    losses = [1.5] * 6
    losses[overflowed] = math.nan
    assert losses_told(Told(*losses), tmp_path) == [1.5] * 3

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    json.loads((tmp_path / METRICS_FILE).read_text(), parse_constant=refuse)


def test_a_resumed_run_tells_the_losses_of_one_that_was_not_stopped(tmp_path: Path) -> None:
    losses = (4.0, 3.0, 2.0, 1.0, 0.5, 0.25)
    whole = losses_told(Told(*losses), tmp_path / "whole")
    calls = iter(range(100))
    with pytest.raises(Canceled):
        losses_told(Told(*losses), tmp_path / "cut", progress=Progress(is_canceled=lambda: next(calls) >= 3))
    assert losses_told(Told(*losses), tmp_path / "cut", resume=True) == whole


def test_what_a_model_scored_before_the_training_is_told_and_is_no_score_of_the_training(tmp_path: Path) -> None:
    heard: list[str] = []
    progress = Progress(lambda stage, fraction, message: heard.append(message))
    learned = trained(Told(1.0, 1.0, 1.0, 1.0, scores=(0.9, 0.7, 0.8)), tmp_path, progress=progress, goes_on=True)
    assert heard[-1] == "best validation Dice 0.8000, 0.9000 before the training"
    # The weights are those of the training's own best: the model's are still where they were.
    assert learned.facts() | {"training_s": 0} == {
        "best_dice": 0.8, START_DICE: 0.9, "best_step": 4, "steps": 4, "training_s": 0,
    }  # fmt: skip
    assert [entry["dice"] for entry in learned.metrics["history"]] == [0.7, 0.8]


def test_a_resumed_run_knows_what_the_model_scored_before_the_first_sitting(tmp_path: Path) -> None:
    calls = iter(range(100))
    stopped = Progress(is_canceled=lambda: next(calls) >= 4)
    with pytest.raises(Canceled):
        trained(Told(1.0, 1.0, 1.0, 1.0, scores=(0.9, 0.7)), tmp_path, progress=stopped, goes_on=True)
    assert trained(Told(1.0, 1.0, 1.0, 1.0), tmp_path, resume=True, goes_on=True).metrics[START_DICE] == 0.9


@pytest.mark.parametrize(("goes_on", "scores"), [(False, (0.9,)), (True, (None, None, None))])
def test_without_a_model_or_without_held_out_cases_nothing_is_said_of_before(
    tmp_path: Path, goes_on: bool, scores: Sequence[float | None]
) -> None:
    learned = trained(Told(1.0, 1.0, scores=scores), tmp_path, goes_on=goes_on)
    assert START_DICE not in learned.metrics


def test_a_run_whose_time_is_up_after_the_models_score_still_steps(tmp_path: Path) -> None:
    lesson, passed = Told(1.0, 1.0, 1.0), iter(range(0, 6000, 60))
    optimizer = torch.optim.AdamW(lesson.network.parameters())
    place = Place(tmp_path, "lesson", NoRecipe(), 0, {}, clock=lambda: float(next(passed)), goes_on=True)
    learned = Loop(lesson, optimizer, Pace(3, 0.5, 2, learning_rate=0.01), place, Progress()).train()
    assert learned.metrics["steps"] == 1
