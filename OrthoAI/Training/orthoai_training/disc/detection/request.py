"""What is asked of one training of detectors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from orthoai_training.disc.data.lessons import Lessons
from orthoai_training.disc.data.patients import PatientsRequest
from orthoai_training.disc.data.sources import check_sources
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.recipe import COMPACT, COMPACT_LUMBAR, PAPER, StageRecipe
from orthoai_training.disc.detection.reviewed import reviewed_scene
from orthoai_training.disc.detection.scene import Scene
from orthoai_training.disc.start import GOING_ON, check_start

RECIPES: dict[str, dict[Stage, StageRecipe]] = {
    "compact": {Stage.LUMBAR: COMPACT_LUMBAR, Stage.DISCS: COMPACT},
    "paper": {Stage.LUMBAR: PAPER, Stage.DISCS: PAPER},
}

SIMULATED = {Stage.LUMBAR: 70, Stage.DISCS: 0}
"""Simulated patients beside the real ones. The lumbar region is told by the sacrum, whose shapes and places in the
field 60 patients do not cover; discs look alike."""


@dataclass(frozen=True)
class DetectorRequest(PatientsRequest):
    """What to train.

    Attributes:
        data: folder with the SPIDER sets; None for reviewed cases alone.
        out: run folder; one folder per stage in it.
        recipe: a name of :data:`RECIPES`.
        fold: round of the cross-validation; None is the fixed split.
        simulated: simulated patients for either stage; None takes :data:`SIMULATED`.
        start: name or folder of a model whose detectors are trained on; None starts from random weights.
        reviewed: folder of reviewed cases; None for none.

    Raises:
        InputError: a ``start`` for networks that become no model, nothing to learn from, or what SPIDER alone has.
    """

    data: Path | None
    out: Path
    stages: tuple[Stage, ...] = tuple(Stage)
    recipe: str = "compact"
    fold: int | None = None
    simulated: int | None = None
    device: str = "auto"
    seed: int = 0
    minutes: float | None = None
    resume: bool = False
    start: str | None = None
    reviewed: Path | None = None

    def __post_init__(self) -> None:
        check_start(self.start, self.makes_model)
        check_sources(self.data, self.reviewed, self.fold, None)

    @property
    def makes_model(self) -> bool:
        """Whether a run may take the networks."""
        return self.fold is None

    def simulated_for(self, stage: Stage) -> int:
        """How many simulated patients ``stage`` sees beside the real ones."""
        return SIMULATED[stage] if self.simulated is None else self.simulated

    def recipe_of(self, stage: Stage) -> StageRecipe:
        """The recipe of ``stage``, which goes on from a model with smaller steps."""
        recipe = RECIPES[self.recipe][stage]
        if self.start is None:
            return recipe
        return replace(recipe, yolo=replace(recipe.yolo, learning_rate=GOING_ON * recipe.yolo.learning_rate))

    @cached_property
    def lessons(self) -> dict[Stage, Lessons[Scene]]:
        """What the reviewed cases teach each stage."""
        scenes = {stage: partial(reviewed_scene, stage=stage) for stage in self.stages}
        return {stage: Lessons.of(self.reviewed_cases, scene, scene) for stage, scene in scenes.items()}

    @property
    def asked(self) -> dict[str, Any]:
        """What a run that is gone on with must have been begun with."""
        return {
            "fold": self.fold,
            "train": list(self.training_patients),
            "reviewed": self.reviewed_cases.names,
            "recipe": self.recipe,
            "seed": self.seed,
        }
