"""What a femur training takes from the model that it starts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from orthoai.models.choose import task_model
from orthoai.tasks.femur import TASK

from orthoai_training.femur.detector.recipe import DetectorRecipe
from orthoai_training.femur.part import Part
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.saved_recipe import saved_detector, saved_segmenter, tupled
from orthoai_training.femur.segmenter.networks import spec_of
from orthoai_training.train.start import Start


@dataclass(frozen=True)
class FemurStart(Start):
    """A femur model of the store in the role of a starting point."""

    @classmethod
    def of(cls, name: str) -> Self:
        """The model called ``name``, or in the folder ``name``, with whole weights.

        Raises:
            InputError: there is none, it is damaged, or a model of another task.
        """
        model = task_model(name, TASK.default_model, TASK.name)
        model.verify()
        return cls(model)

    def require_lendable(self, roles: Iterable[str]) -> None:
        """Before hours of training: raise InputError where a card does not say how its networks of ``roles`` were
        trained, which are to be taken over. One that the model lacks is none of them.
        """
        for role in self.model.metadata.networks.keys() & set(roles):
            self._recipe(role)

    def weights_for(self, recipe: DetectorRecipe | SegmenterRecipe) -> Path | None:
        """What a network of ``recipe`` goes on from; None where it begins from nothing.

        That is so for a detector when the model has none, and for a segmenter of another architecture.

        Raises:
            InputError: a segmenter of the same architecture in other sizes.
        """
        if isinstance(recipe, DetectorRecipe):
            return self.model.weights("detector") if "detector" in self.model.metadata.networks else None
        weights = self.model.weights("segmenter")
        network = self.model.network("segmenter")
        settings = spec_of(recipe).to_metadata()
        if network.architecture != settings["architecture"]:
            return None
        shape = ("init_filters", "blocks_down", "blocks_up")
        if any(tupled(network.settings.get(key)) != tupled(settings.get(key)) for key in shape):
            raise InputError(
                f'The model "{self.model.name}" has another network than this recipe trains: start from another model.'
            )
        return weights

    @property
    def detector(self) -> Part | None:
        """The detector with the recipe it was trained by; None for a model without one."""
        if "detector" not in self.model.metadata.networks:
            return None
        return self._part("detector")

    def segmenter(self, architecture: str) -> Part | None:
        """The segmenter with the recipe it was trained by; None where it has another ``architecture``."""
        if self.model.network("segmenter").architecture != architecture:
            return None
        return self._part("segmenter")

    @property
    def recipe_name(self) -> str:
        """Of the recipe, or the recipes, that its networks were trained by."""
        return str(self.model.metadata.training.get("recipe", "unknown"))

    def _recipe(self, role: str) -> DetectorRecipe | SegmenterRecipe:
        read = saved_detector if role == "detector" else saved_segmenter
        try:
            return read(self.model.metadata.training[role])
        except JSON_ERRORS as error:
            raise InputError(
                f'The card of the model "{self.model.name}" does not say how its {role} was trained, which would be '
                "taken over: start from another model."
            ) from error

    def _part(self, role: str) -> Part:
        learned = self.model.network(role).learned_from
        return Part(self.model.weights(role), self._recipe(role), self.model.metadata.metrics.get(role, {}), learned)


def lineage_entries(segmenter: Mapping[str, Any] | None, detector: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a card's data say of where its two networks come from (:meth:`Start.lineage`); None for one from nothing.

    One entry where both come from the same model.
    """
    if segmenter is None or detector is None:
        one = segmenter or detector
        return {"started_from": one} if one else {}
    if all(segmenter[key] == detector[key] for key in ("model", "data")):
        return {"started_from": {**detector, **segmenter}}
    return {"started_from": segmenter, "detector_started_from": detector}
