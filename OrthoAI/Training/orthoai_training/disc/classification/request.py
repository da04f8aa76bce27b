"""What is asked of one training of classifiers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from orthoai.errors import InputError

from orthoai_training.disc.classification.recipe import (
    COMPACT,
    PAPER_EPOCHS,
    PAPER_PIXELS,
    GraderRecipe,
    paper_recipe,
)
from orthoai_training.disc.classification.samples import GradedSample, reviewed_samples
from orthoai_training.disc.data.lessons import Lessons
from orthoai_training.disc.data.sources import check_sources
from orthoai_training.disc.networks_request import NetworksRequest

ROLE, ARCHITECTURE = "classifier", "compact_cnn"
"""Of the compact networks, in a model's card."""


@dataclass(frozen=True)
class GraderRequest(NetworksRequest):
    """What to train.

    Attributes:
        out: each member's folder gets weights.safetensors, metrics.json, classifier.onnx and a checkpoint.
        architectures: "compact" or names of the paper's backbones.
        members: networks per architecture, which differ in their seed.
        fine_tuning, roi: False for the ablations of the paper's Table 1: the head alone; whole pictures, not discs.
        segmenter: an exported segmenter that finds the discs of pictures without boxes; None leaves those out.
        recipe: of the compact network; the others follow the paper.
        epochs: the head's included.
        resume: go on with what ``out`` holds.

    Raises:
        InputError: see :class:`NetworksRequest`; nothing to learn from, or what SPIDER alone has.
    """

    members: int = 1
    fine_tuning: bool = True
    roi: bool = True
    segmenter: Path | None = None
    recipe: GraderRecipe = COMPACT
    resume: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sources(self.data, self.reviewed, self.fold, self.segmenter)
        if self.reviewed is not None and not self.roi:
            raise InputError("Reviewed cases teach single discs: leave them out of --data, or leave out --no-roi.")

    @property
    def makes_model(self) -> bool:
        """Whether a run can take the networks: they grade discs, not whole pictures."""
        return self.roi and self.fold is None

    @cached_property
    def lessons(self) -> Lessons[list[GradedSample]]:
        """The discs of the reviewed cases."""
        return Lessons.of(self.reviewed_cases, reviewed_samples, reviewed_samples)

    @property
    def networks(self) -> dict[str, tuple[str, int]]:
        """Architecture and member of each network, by its name, which is also its folder's."""
        return {
            architecture if self.members == 1 else f"{architecture}-{member}": (architecture, member)
            for architecture in self.architectures
            for member in range(self.members)
        }

    def recipe_of(self, architecture: str) -> GraderRecipe:
        """The recipe of one network."""
        if architecture == "compact":
            return replace(self.recipe, epochs=self.epochs or self.recipe.epochs)
        pixels, epochs = self.pixels or PAPER_PIXELS, self.epochs or PAPER_EPOCHS
        return paper_recipe(architecture, self.fine_tuning, self.pretrained, pixels, epochs)
