"""What is asked of one training of segmenters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from orthoai_training.disc.data.lessons import Lessons
from orthoai_training.disc.data.sources import check_sources
from orthoai_training.disc.networks_request import NetworksRequest
from orthoai_training.disc.segmentation.recipe import COMPACT, PAPER_EPOCHS, PAPER_PIXELS, SliceRecipe, paper_recipe
from orthoai_training.disc.segmentation.reviewed import reviewed_slices, validating_slices
from orthoai_training.disc.segmentation.slices import LabeledSlices
from orthoai_training.train.blend import check_blend

ROLE, ARCHITECTURE = "segmenter", "compact_unet"
"""Of the compact network, in a model's card."""


@dataclass(frozen=True)
class SegmenterRequest(NetworksRequest):
    """What to train.

    Attributes:
        out: each network's folder gets weights.safetensors, metrics.json and, but for PSPNet, segmenter.onnx.
        architectures: "compact" or names of the paper's grid.
        loss: "dice_focal", or "cross_entropy" for the ablation.
        first: an exported segmenter that labels the training patients' pictures (self-training); None leaves them out.
        recipe: of the compact network; the others follow the paper.
        pixels: a multiple of 32.
        teacher: run of several segmenters, whose ensemble teaches by a recipe with ``distill``.
        blend: with ``start``, share of the trained weights in the exported network, the rest are ``start``'s (see
            :mod:`orthoai_training.train.blend`).

    Raises:
        InputError: see :class:`NetworksRequest`; a ``blend`` without a start, nothing to learn from, or what SPIDER
            alone has.
    """

    loss: str = "dice_focal"
    first: Path | None = None
    recipe: SliceRecipe = COMPACT
    teacher: Path | None = None
    minutes: float | None = None
    resume: bool = False
    blend: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_blend(self.blend, self.start)
        check_sources(self.data, self.reviewed, self.fold, self.first)

    @property
    def makes_model(self) -> bool:
        """Whether a run can take the network: it works on slices as they are, between their neighbors."""
        return self.architectures == ("compact",) and self.fold is None

    @cached_property
    def lessons(self) -> Lessons[LabeledSlices]:
        """What the reviewed cases teach."""
        return Lessons.of(self.reviewed_cases, reviewed_slices, validating_slices)

    def recipe_of(self, architecture: str) -> SliceRecipe:
        """The recipe of one network."""
        if architecture == "compact":
            return replace(self.recipe, loss=self.loss, epochs=self.epochs or self.recipe.epochs)
        pixels, epochs = self.pixels or PAPER_PIXELS, self.epochs or PAPER_EPOCHS
        return paper_recipe(architecture, self.loss, self.pretrained, pixels, epochs)
