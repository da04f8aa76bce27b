"""Where a run is kept, and what it tells of itself there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from orthoai_training.learning.checkpoint import FILE_NAME, NO_SCORE, RunState
from orthoai_training.learning.schedule import Clock
from orthoai_training.text_files import write_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

WEIGHTS_FILE = "weights.safetensors"
METRICS_FILE = "metrics.json"

START_DICE = "start_dice"
"""Entry of metrics.json: the score of the model whose weights a run goes on from."""

BOARD = "tensorboard"
"""Folder of TensorBoard events in that of a run."""


@dataclass(frozen=True)
class Place:
    """Where a run is kept.

    Attributes:
        out_dir: gets weights.safetensors (float32), metrics.json, checkpoint.safetensors and TensorBoard events.
        stage: its name in progress reports.
        recipe: that a run which is taken up again must share; seed too.
        facts: further entries of metrics.json; score_name: its entry for the best score.
        resume: go on from out_dir's checkpoint when there is one.
        goes_on: whether the network has the weights of a model. What these score is told then, so that one sees what
            the run gained.
    """

    out_dir: Path
    stage: str
    recipe: DataclassInstance
    seed: int
    facts: Mapping[str, Any]
    score_name: str = "best_dice"
    resume: bool = False
    clock: Clock = time.monotonic
    goes_on: bool = False

    @property
    def weights(self) -> Path:
        """The file of the best averaged weights."""
        return self.out_dir / WEIGHTS_FILE

    @property
    def checkpoint(self) -> Path:
        """The file to go on from."""
        return self.out_dir / FILE_NAME

    @property
    def board(self) -> Path:
        """The folder of TensorBoard events."""
        return self.out_dir / BOARD

    def write_metrics(self, state: RunState, network: nn.Module) -> dict[str, Any]:
        """metrics.json: where the run is, and every validation; returns what it says."""
        metrics = {
            self.score_name: None if state.best_dice == NO_SCORE else state.best_dice,
            "best_step": state.best_step,
            **({} if state.start_dice is None else {START_DICE: state.start_dice}),
            "steps": state.step,
            "training_s": round(state.elapsed_s, 1),
            # Processor seconds, which do not grow on a shared machine as the clock's do.
            "step_cpu_s": state.history[-1].get("step_cpu_s") if state.history else None,
            "seed": self.seed,
            "parameters": sum(tensor.numel() for tensor in network.parameters()),
            **self.facts,
            "recipe": state.recipe,
            "history": state.history,
        }
        write_json(self.out_dir / METRICS_FILE, metrics)
        return metrics


@dataclass(frozen=True)
class Learned:
    """The averaged weights of the best validation, the last ones where there is none, and what metrics.json says."""

    weights: Path
    metrics: dict[str, Any]

    def facts(self, *names: str) -> dict[str, Any]:
        """How the run went, for a model's card, with those of its other entries that are called ``names``."""
        said = ("best_dice", START_DICE, "best_step", "steps", "training_s", *names)
        return {name: self.metrics[name] for name in said if name in self.metrics}
