"""The model that a training starts from: corrected cases make the shipped model better, not a new one from nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orthoai.errors import InputError
from orthoai.models.store import Model, ModelStore

from orthoai_training.detector.augment import ViewRecipe
from orthoai_training.detector.recipe import DetectorRecipe
from orthoai_training.segmenter.networks import spec_of
from orthoai_training.train.model_folder import Part
from orthoai_training.train.recipes import SegmenterRecipe


@dataclass(frozen=True)
class Start:
    """A model of the store in the role of a starting point."""

    model: Model

    @classmethod
    def of(cls, name: str) -> Start:
        """The model called ``name``, or in the folder ``name``. Raises InputError when there is none."""
        return cls(ModelStore.default().get(name))

    def weights_for(self, recipe: SegmenterRecipe) -> Path | None:
        """The segmenter's weights; None where ``recipe`` trains another architecture, which begins from nothing.

        Raises:
            InputError: the same architecture in other sizes.
        """
        weights = self.model.weights("segmenter")
        network = self.model.network("segmenter")
        settings = spec_of(recipe).to_metadata()
        if network.architecture != settings["architecture"]:
            return None
        shape = ("init_filters", "blocks_down", "blocks_up")
        if any(_tupled(network.settings.get(key)) != _tupled(settings.get(key)) for key in shape):
            raise InputError(
                f'The model "{self.model.name}" has another network than this recipe trains: start from another model.'
            )
        return weights

    @property
    def detector(self) -> Part | None:
        """The detector with the recipe it was trained by; None for a model without one."""
        if "detector" not in self.model.metadata.networks:
            return None
        said = self.model.metadata.training["detector"]
        views = ViewRecipe(**_tuples(said["views"]))
        recipe = replace(DetectorRecipe(**_tuples({**said, "views": None})), views=views)
        return Part(self.model.weights("detector"), recipe, self.model.metadata.metrics.get("detector", {}))

    def lineage(self, recipe: SegmenterRecipe) -> Mapping[str, Any]:
        """What the card of the model that ``recipe`` trained says of this one."""
        taken = "detector" if self.weights_for(recipe) is None else "segmenter"
        return {
            "model": self.model.name,
            f"{taken}_sha256": self.model.network(taken).sha256,
            "data": self.model.metadata.training.get("data", {}),
        }


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as the tuples that they were before JSON."""
    return {key: _tupled(value) for key, value in values.items()}


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
