"""One trained network of a femur model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orthoai.models.card import Network
from orthoai.models.hashing import file_sha256
from orthoai.models.learned import LearnedFrom

from orthoai_training.femur.detector.recipe import LABELS, DetectorRecipe
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.networks import spec_of
from orthoai_training.train.blend import SHARE, blend_files


@dataclass(frozen=True)
class Part:
    """One trained network: its file and how it was made.

    Attributes:
        learned_from: the reviewed cases behind it; None where that is not known.
    """

    file: Path
    recipe: DetectorRecipe | SegmenterRecipe
    metrics: Mapping[str, Any]
    learned_from: LearnedFrom | None = None

    @property
    def role(self) -> str:
        """Its name in a model: "detector" or "segmenter"."""
        return role_of(self.recipe)

    def network(self, name: str) -> Network:
        """The card's entry for the file under ``name``."""
        if isinstance(self.recipe, DetectorRecipe):
            settings: dict[str, Any] = {"image_size": self.recipe.image_size, "labels": list(LABELS)}
        else:
            settings = spec_of(self.recipe).to_metadata()
            settings.pop("architecture")
        return Network(name, file_sha256(self.file), self.recipe.architecture, settings, self.learned_from)


def role_of(recipe: DetectorRecipe | SegmenterRecipe) -> str:
    """The name in a model of a network that ``recipe`` trains: "detector" or "segmenter"."""
    return "detector" if isinstance(recipe, DetectorRecipe) else "segmenter"


def blended(before: Path, after: Part, share: float, folder: Path) -> Part:
    """``after`` with ``share`` of its own weights and the rest from the file ``before``, as a new file in ``folder``.

    Raises:
        InputError: networks with other layers.
    """
    target = folder / f"blended{after.file.suffix}"
    blend_files(before, after.file, share, target)
    return replace(after, file=target, metrics={**after.metrics, SHARE: share})
