"""The disc task's model as the store keeps it, from folders of trained networks."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orthoai import __version__
from orthoai.errors import InputError
from orthoai.models.card import Card, Network
from orthoai.models.hashing import file_sha256
from orthoai.models.store import ModelStore
from orthoai.tasks.disc.labels import NAMES
from orthoai.tasks.disc.task import DEFAULT_MODEL, NAME

from orthoai_training.text_files import read_json, write_json
from orthoai_training.train.credits import SPIDER
from orthoai_training.train.model_folder import LICENSES, ModelPage, libraries, written

NETWORKS_FILE = "networks.json"
"""In each folder of trained networks: "networks", "training" and "metrics" as the card holds them."""

DATA = {
    "kind": "sagittal T2 MR of the lumbar spine of 174 patients of SPIDER, split by patient before training",
    "train_patients": 118,
    "validation_patients": 21,
    "test_patients": 35,
    "split": "orthoai_training/disc/data/split.json",
    "detectors_also": "70 simulated patients (orthoai synth disc) for the lumbar region; first weights of the femur "
    "task's detector",
}

ATTRIBUTION = (f"{SPIDER}; networks trained on its images, masks and radiological gradings.",)

PAGE = ModelPage(
    limits="Research use only; not a medical device. Few herniated discs were in the training and in the test: "
    "herniation probabilities stay far below 0.5 and rank discs at best; none of this is a diagnosis.",
    figures="Each group says on which patients; those of the test were met once, when nothing was tuned any more. "
    "With what they mean: docs/results/disc.md.",
)


@dataclass(frozen=True)
class TrainedNetwork:
    """A network file (.onnx) of a training, and what the card says of it beside file name and hash."""

    file: Path
    architecture: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def write_networks(
    folder: Path,
    networks: Mapping[str, TrainedNetwork],
    training: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> None:
    """Put ``networks``, by role, into ``folder`` as ROLE.onnx, with the networks.json that a model is made from.

    Args:
        training: how each was trained, by role.
        metrics: figures by role; others are those of all ``networks``.

    Raises:
        InputError: a file is not there, or the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for role, network in networks.items():
        name = f"{role}.onnx"
        if not network.file.is_file():
            raise InputError(f"{network.file} is not there: name the file that the training of {role} has written.")
        shutil.copyfile(network.file, folder / name)
        named = {"file": name, "sha256": file_sha256(folder / name), "architecture": network.architecture}
        entries[role] = {**named, **network.settings}
    write_json(folder / NETWORKS_FILE, {"networks": entries, "training": dict(training), "metrics": dict(metrics)})


def write_disc_model(parts: Sequence[Path], out: Path, store: ModelStore | None = None) -> Card:
    """Put the networks of ``parts`` with card and page into ``out``; the card goes last.

    Args:
        parts: folders with networks.json and the weights it names.
        store: where the femur task's model lies, whose attributions the detectors inherit.

    Raises:
        InputError: a folder without networks.json, or weights that are not those it names.
    """
    out.mkdir(parents=True, exist_ok=True)
    networks: dict[str, Network] = {}
    training: dict[str, Any] = {"recipe": "compact", "data": DATA}
    metrics: dict[str, Any] = {}
    for folder in parts:
        content = _content(folder)
        for role, entry in content["networks"].items():
            settings = dict(entry)
            network = Network(settings.pop("file"), settings.pop("sha256"), settings.pop("architecture"), settings)
            if file_sha256(folder / network.file) != network.sha256:
                raise InputError(f"{folder / network.file} is not the file that {NETWORKS_FILE} names: make it again.")
            shutil.copyfile(folder / network.file, out / network.file)
            networks[role] = network
        training |= {key: value for key, value in content["training"].items() if key != "split"}
        named = {role: figures for role, figures in content["metrics"].items() if role in networks}
        others = {key: figures for key, figures in content["metrics"].items() if key not in named}
        metrics |= {**named, ", ".join(content["networks"]): others} if others else named
    inherited = (store or ModelStore.default()).get("femur_two_stage").metadata.attribution
    card = Card(
        name=DEFAULT_MODEL,
        version=__version__,
        task=NAME,
        description="Lumbar discs in sagittal T2 MR: YOLOv8 finds the lumbar region and its discs, a U-Net marks "
        "vertebrae, discs and canal, three small networks grade each disc.",
        license=LICENSES[any(network.architecture.startswith("yolo") for network in networks.values())],
        attribution=(*ATTRIBUTION, *(f"First weights of the detectors: {line}" for line in inherited)),
        labels=dict(NAMES),
        networks=networks,
        training=training,
        metrics=metrics,
        libraries=libraries(),
    )
    return written(card, out, PAGE)


def _content(folder: Path) -> dict[str, Any]:
    content = read_json(folder / NETWORKS_FILE)
    if not isinstance(content, dict):
        raise InputError(f"{folder} holds no {NETWORKS_FILE}, or a damaged one: give a folder of trained networks.")
    return content
