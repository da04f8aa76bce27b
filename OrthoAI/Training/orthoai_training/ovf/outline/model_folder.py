"""The outline network in a model of the task ``ovf``, beside its detector."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from orthoai.models.card import Network, read_card
from orthoai.models.hashing import file_sha256
from orthoai.models.store import Model
from orthoai.spine.stack import OVF_PIXEL_MM, OVF_SLICE_MM
from orthoai.tasks.ovf.engines import OUTLINE
from orthoai.tasks.ovf.outline_network import OUTLINE_SIZE

from orthoai_training.learned import noted
from orthoai_training.ovf.model_folder import page_of
from orthoai_training.ovf.outline.train import NETWORK_FILE, OutlineRun, TrainedOutline
from orthoai_training.train.model_folder import written

DESCRIPTION = " A small U-Net then draws each outline once more, at the pixels' own resolution."


def write_outline_model(
    trained: TrainedOutline, run: OutlineRun, folder: Path, start: Model, credits: Sequence[str]
) -> Path:
    """Put the networks of ``start``, with the trained outlines in place of its own, into ``folder``; returns it.

    Args:
        start: a model of the task.
        credits: whom the cases' sources ask to be named.

    Raises:
        InputError: a file of ``start`` is missing or damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = {role: network for role, network in start.metadata.networks.items() if role != OUTLINE}
    for role, network in kept.items():
        shutil.copyfile(start.weights(role), folder / network.file)
    shutil.copyfile(trained.file, folder / NETWORK_FILE)
    settings = {"image_size": OUTLINE_SIZE, "pixel_mm": OVF_PIXEL_MM, "slice_mm": OVF_SLICE_MM}
    sha256, learned = file_sha256(folder / NETWORK_FILE), noted(run.out, OUTLINE)
    own = Network(NETWORK_FILE, sha256, "U-Net (MONAI BasicUNet)", settings, learned)
    metrics = trained.learned.metrics
    counted = {key: metrics[key] for key in ("samples", "validation_samples", "train_cases")}
    card = start.metadata
    first = {} if run.first is None else {"first": f"outline network of {start.name} {card.version}"}
    changed = replace(
        card,
        description=card.description.removesuffix(DESCRIPTION) + DESCRIPTION,
        attribution=tuple(dict.fromkeys((*card.attribution, *credits))),
        networks={**kept, OUTLINE: own},
        training={**card.training, OUTLINE: {**counted, **first, "seed": run.seed, **asdict(run.recipe)}},
        metrics={**card.metrics, OUTLINE: trained.learned.facts("parameters")},
    )
    written(changed, folder, page_of(changed))
    return folder


def keep_outline(folder: Path, start: Model) -> Path:
    """Take the outline network of ``start``, if it has one, over into the model in ``folder``; returns ``folder``.

    Raises:
        InputError: its file is missing or damaged.
    """
    if OUTLINE not in start.metadata.networks:
        return folder
    network = start.network(OUTLINE)
    shutil.copyfile(start.weights(OUTLINE), folder / network.file)
    card = read_card(folder)
    changed = replace(
        card,
        description=card.description + DESCRIPTION,
        networks={**card.networks, OUTLINE: network},
        training=_with_outline(card.training, start.metadata.training),
        metrics=_with_outline(card.metrics, start.metadata.metrics),
    )
    written(changed, folder, page_of(changed))
    return folder


def _with_outline(own: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """A group of the card's entries with what another card has of the outline network."""
    return {**own, **{key: value for key, value in theirs.items() if key == OUTLINE}}
