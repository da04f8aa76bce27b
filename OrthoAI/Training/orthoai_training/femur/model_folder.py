"""A trained femur model as the store keeps it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orthoai import __version__
from orthoai.models.card import Card

from orthoai_training.dataset import FEMUR_LABELS
from orthoai_training.femur.part import Part
from orthoai_training.train.model_folder import LICENSES, libraries, staged_model, written


@dataclass(frozen=True)
class ModelParts:
    """What a model folder is made of.

    Attributes:
        detector: None for a single-stage model.
        data: what it was trained on, for the card's "training".
        attribution: whom to name.
    """

    name: str
    description: str
    segmenter: Part
    detector: Part | None
    recipe_name: str
    data: Mapping[str, Any]
    attribution: tuple[str, ...]


def write_model_folder(parts: ModelParts, folder: Path) -> Card:
    """Put weights, metadata.json and README.md into ``folder``, which appears whole or not at all, in place of an older
    model.

    Raises:
        InputError: ``folder`` holds other files, or the disk refuses.
    """
    networks, training, metrics = {}, {}, {}
    with staged_model(folder) as aside:
        for part in (parts.detector, parts.segmenter):
            if part is None:
                continue
            role = part.role
            target = aside / f"{role}{part.file.suffix}"
            shutil.copyfile(part.file, target)
            networks[role] = part.network(target.name)
            training[role] = asdict(part.recipe)
            metrics[role] = dict(part.metrics)
        card = Card(
            name=parts.name,
            version=__version__,
            task="femur",
            description=parts.description,
            license=LICENSES[parts.detector is not None],
            attribution=parts.attribution,
            labels=dict(FEMUR_LABELS),
            networks=networks,
            training={"recipe": parts.recipe_name, "data": dict(parts.data), **training},
            metrics=metrics,
            libraries=libraries(),
        )
        return written(card, aside)
