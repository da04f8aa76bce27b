"""The loop that trainings share, on a lesson whose losses are known."""

from __future__ import annotations

import json
import math
from collections.abc import Generator
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
from orthoai_training.learning.run_folder import METRICS_FILE, Place


@dataclass(frozen=True)
class NoRecipe:
    """Of a lesson that needs none."""


class Told(Lesson[int]):
    """Its losses are ``losses``, whatever the network says."""

    def __init__(self, *losses: float) -> None:
        self.losses = losses
        self.network = torch.nn.Linear(1, 1)
        self.precision = choose_precision("cpu")

    def batches(self, first_step: int) -> Generator[int, None, None]:
        yield from range(first_step, len(self.losses))

    def loss(self, batch: int) -> torch.Tensor:
        return self.network(torch.zeros(1, 1)).sum() * 0 + self.losses[batch]

    def score(self) -> float:
        return 0.5


def losses_told(lesson: Told, folder: Path, resume: bool = False, progress: Progress | None = None) -> list[float]:
    """At every validation, one after each second step."""
    optimizer = torch.optim.AdamW(lesson.network.parameters())
    pace = Pace(len(lesson.losses), None, 2, learning_rate=0.01)
    place = Place(folder, "lesson", NoRecipe(), 0, {}, resume=resume)
    metrics = Loop(lesson, optimizer, pace, place, progress or Progress()).train().metrics
    return [entry["loss"] for entry in metrics["history"]]


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
