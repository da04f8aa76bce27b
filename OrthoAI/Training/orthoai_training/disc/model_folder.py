"""The disc task's model as the store keeps it: another model with trained networks in place of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orthoai import __version__
from orthoai.errors import InputError
from orthoai.models.card import Card, Network, read_card
from orthoai.models.hashing import file_sha256
from orthoai.models.learned import LearnedFrom
from orthoai.models.store import Model
from orthoai.tasks.disc.session import member_roles

from orthoai_training.train.model_folder import (
    LICENSES,
    ModelPage,
    libraries,
    require_model_place,
    staged_model,
    written,
)

PAGE = ModelPage(
    limits="Research use only; not a medical device. Few herniated discs were in the training and in the test: "
    "herniation probabilities stay far below 0.5 and rank discs at best; none of this is a diagnosis.",
    figures="Each group says on which patients; those of the test were met once, when nothing was tuned any more. "
    "With what they mean: docs/results/disc.md.",
)

OWN_DATA = {"kind": "each network names its own data below"}
"""Of a model without networks that the data of the whole model speak of."""

SINCE_REPLACED = " before the training of "
"""In the name of figures that several networks made together, before the ones that it names after this."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A network file (.onnx) of a training, and what the card says of it beside file name and hash.

    Attributes:
        learned_from: the reviewed cases behind it; None where that is not known.
    """

    file: Path
    architecture: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    learned_from: LearnedFrom | None = None


@dataclass(frozen=True)
class TrainedRole:
    """What a training has made of one role.

    Attributes:
        role: "lumbar", "discs", "segmenter" or "classifier".
        networks: one, or the members of an ensemble, which become ROLE, ROLE_1, ROLE_2 ...
        training: how; "data" says on what.
        metrics: figures, by what they were measured on.
        credits: whom to name.
    """

    role: str
    networks: Sequence[TrainedNetwork]
    training: Mapping[str, Any]
    metrics: Mapping[str, Any]
    credits: Sequence[str] = ()

    @property
    def by_name(self) -> dict[str, TrainedNetwork]:
        """The networks as the card names them."""
        return {self.role if n == 0 else f"{self.role}_{n}": network for n, network in enumerate(self.networks)}


def write_disc_model(trained: TrainedRole, base: Model, out: Path) -> Path:
    """Put the networks of ``base``, those of one role replaced by the trained ones, with card and page into ``out``.

    It appears whole or not at all, in place of an older model, which may be ``base``. Training records, figures and
    credits of the networks taken over stay.

    Raises:
        InputError: a file of ``base`` is missing or damaged, ``out`` holds other files, or the disk refuses.
    """
    replaced = member_roles(base.metadata.networks, trained.role)
    kept = [name for name in base.metadata.networks if name not in replaced]
    with staged_model(out) as folder:
        networks = {name: _copied(base.weights(name), base.network(name), name, folder) for name in kept}
        for name, network in trained.by_name.items():
            own = Network("", "", network.architecture, dict(network.settings), network.learned_from)
            networks[name] = _copied(network.file, own, name, folder)
        written(_card(trained, base.metadata, networks), folder, PAGE)
    return out


def require_place(role: str, base: Model, out: Path) -> None:
    """Before hours of training: raise InputError where :func:`write_disc_model` would refuse ``out``, or where another
    training has left networks there that ``base`` lacks and the new model would lose.
    """
    require_model_place(out)
    try:
        own = read_card(out).networks
    except InputError:  # None yet.
        return
    trained = member_roles(own, role)
    lost = [name for name in own if name not in trained and own[name].sha256 != base.sha256.get(name)]
    if lost:
        raise InputError(
            f"{out} holds another {lost[0]} than --start, which would be lost: give {out} to --start, or choose "
            "another --out."
        )


def _copied(source: Path, network: Network, name: str, folder: Path) -> Network:
    """``network``, whose file is ``source``, with a copy of that in ``folder`` under its own ``name``."""
    target = folder / f"{name}{source.suffix}"
    shutil.copyfile(source, target)
    return replace(network, file=target.name, sha256=file_sha256(target))


def _card(trained: TrainedRole, old: Card, networks: Mapping[str, Network]) -> Card:
    taken_over = {name.split("_")[0] for name in networks} - {trained.role}
    graders = len(member_roles(networks, "classifier"))
    return replace(
        old,
        version=__version__,
        description="Lumbar discs in sagittal T2 MR: YOLOv8 finds the lumbar region and its discs, a U-Net marks "
        f"vertebrae, discs and canal, {graders} network{'s' * (graders > 1)} grade{'s' * (graders == 1)} each disc.",
        license=LICENSES[any(network.architecture.startswith("yolo") for network in networks.values())],
        attribution=tuple(dict.fromkeys((*old.attribution, *trained.credits))),
        networks=dict(networks),
        training={
            **old.training,
            "data": _general_data(old.training, taken_over),
            trained.role: dict(trained.training),
        },
        metrics={**_still_true(old.metrics, trained.role), trained.role: dict(trained.metrics)},
        libraries=libraries(),
    )


def _general_data(training: Mapping[str, Any], taken_over: Iterable[str]) -> dict[str, Any]:
    """The data of the whole model: those that networks were trained on that do not name their own."""
    about = [role for role in taken_over if "data" not in training.get(role, {})]
    return {**training.get("data", {}), "networks": sorted(about)} if about else dict(OWN_DATA)


def _still_true(metrics: Mapping[str, Any], role: str) -> dict[str, Any]:
    """``metrics`` without figures of networks that are all replaced once ``role`` is."""
    found = {}
    for name, figures in metrics.items():
        measured, _, gone = name.partition(SINCE_REPLACED)
        roles = measured.split(", ")
        replaced = {role, *gone.split(", ")} & set(roles)
        if replaced < set(roles):
            found[measured + (SINCE_REPLACED + ", ".join(sorted(replaced)) if replaced else "")] = figures
    return found
