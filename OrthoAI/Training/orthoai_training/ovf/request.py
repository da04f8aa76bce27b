"""What is asked of one call of ``orthoai train ovf``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from orthoai.errors import InputError

from orthoai_training.ovf.network_names import YOLO
from orthoai_training.ovf.recipe import RECIPES, OvfRecipe
from orthoai_training.train.blend import check_blend


@dataclass(frozen=True)
class TrainRequest:
    """What to train.

    Attributes:
        out: run folder; the model appears in ``out/model``.
        network: a name of :data:`orthoai_training.ovf.network_names.NETWORKS`.
        data: folder of cases; simulate: cases to make in ``out/cases`` instead; pictures: own pictures instead.
        validation: folder of cases to validate on; None keeps a tenth of ``data``.
        recipe: a name of :data:`orthoai_training.ovf.recipe.RECIPES`.
        minutes, epochs: limits; None takes the recipe's epochs.
        beside: with mask-rcnn, model of the store, or folder, that is measured on the same pictures; None for none.
        start: model of the store, or folder, whose detector's layers to start from, and whose outline network to keep;
            None for random weights. With "outline" its detector is kept.
        blend: share of the trained weights in the detector, the rest are those of ``start``, a model of the task (see
            :mod:`orthoai_training.train.blend`); 1 takes the trained ones alone.
    """

    out: Path
    network: str = YOLO
    data: Path | None = None
    simulate: int | None = None
    pictures: Path | None = None
    validation: Path | None = None
    recipe: str = "compact"
    minutes: float | None = None
    epochs: int | None = None
    beside: str | None = None
    start: str | None = "lumbar_disc"
    blend: float = 1.0
    resume: bool = False
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        check_blend(self.blend, self.start)
        if self.blend < 1 and self.network != YOLO:
            raise InputError(f"Only the detector is blended: leave out --blend, or --only {self.network}.")

    @property
    def chosen(self) -> OvfRecipe:
        """The recipe with the request's own number of epochs."""
        recipe = RECIPES[self.recipe]
        return recipe if self.epochs is None else replace(recipe, yolo=replace(recipe.yolo, epochs=self.epochs))
