"""A model's card: the typed content of its metadata.json (in the manner of a MONAI bundle)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from orthoai.errors import InputError
from orthoai.foreign_json import take, take_labels
from orthoai.models.learned import LearnedFrom
from orthoai.output import beside

CARD_NAME = "metadata.json"
"""File name of the card in a model's folder."""

CARD_VERSION = 1
"""The schema version written, and the newest one read."""

SAFE_SUFFIXES = (".onnx", ".safetensors")
"""Weight formats that hold numbers only. Anything that could hold a pickle is refused."""

LEARNED_FROM = "learned_from"
"""Key of a network in the card; cards from before it lack it."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LIBRARIES = ("monai_version", "pytorch_version", "numpy_version")


@dataclass(frozen=True)
class Network:
    """One network of a model.

    Attributes:
        file: name of the weights file in the model's folder.
        sha256: of that file, 64 hex digits.
        architecture: such as "yolov8n" or "segresnet".
        settings: the architecture's own settings, as in the card (image_size, spacing_mm, ...).
        learned_from: the reviewed cases behind it; None where the card does not say.
    """

    file: str
    sha256: str
    architecture: str
    settings: dict[str, Any] = field(default_factory=dict)
    learned_from: LearnedFrom | None = None

    def to_json(self) -> dict[str, Any]:
        """The network's entry in the card."""
        learned = {} if self.learned_from is None else {LEARNED_FROM: self.learned_from.to_json()}
        return {"file": self.file, "sha256": self.sha256, "architecture": self.architecture, **self.settings, **learned}


@dataclass(frozen=True)
class Card:
    """What a model is, what it was made from and how well it does.

    Attributes:
        name, version, task, description, license: as shown by ``orthoai models``.
        attribution: whom its license or its training data's licenses ask to be named.
        labels: voxel value to structure name.
        networks: role ("detector", "segmenter") to network.
        training: recipe, data and seed, as written by the training command.
        metrics: measured figures, each group with what it was measured on.
        libraries: "monai_version", "pytorch_version", "numpy_version".
    """

    name: str
    version: str
    task: str
    description: str
    license: str
    attribution: tuple[str, ...]
    labels: dict[int, str]
    networks: dict[str, Network]
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The content of metadata.json."""
        return {
            "schema_version": CARD_VERSION,
            "name": self.name,
            "version": self.version,
            "task": self.task,
            "description": self.description,
            "license": self.license,
            "attribution": list(self.attribution),
            "labels": {str(value): name for value, name in self.labels.items()},
            "networks": {role: network.to_json() for role, network in self.networks.items()},
            "training": self.training,
            "metrics": self.metrics,
            **self.libraries,
        }

    @classmethod
    def from_json(cls, content: Any) -> Card:
        """Check and read the content of metadata.json. Raises ValueError that names the first wrong key."""
        version = take(content, "schema_version", int)
        if not 1 <= version <= CARD_VERSION:
            raise ValueError(f'"schema_version" is {version}, this OrthoAI reads up to {CARD_VERSION}')
        networks = take(content, "networks", dict)
        if not networks:
            raise ValueError('"networks" is empty')
        return cls(
            name=take(content, "name", str),
            version=take(content, "version", str),
            task=take(content, "task", str),
            description=take(content, "description", str),
            license=take(content, "license", str),
            attribution=tuple(str(line) for line in take(content, "attribution", list)),
            labels=take_labels(content),
            networks={role: _network(role, entry) for role, entry in networks.items()},
            training=take(content, "training", dict, {}),
            metrics=take(content, "metrics", dict, {}),
            libraries={key: take(content, key, str) for key in _LIBRARIES if key in content},
        )


def read_card(folder: Path) -> Card:
    """The card in ``folder``. Raises InputError when it is missing, unreadable or not a card."""
    try:
        return Card.from_json(json.loads((folder / CARD_NAME).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise InputError(f"{folder} is not a model: it holds no {CARD_NAME}.") from None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(
            f"The model card {folder / CARD_NAME} is damaged ({reason}): install the model again."
        ) from error


def write_card(card: Card, folder: Path) -> Path:
    """Write ``card`` as metadata.json into ``folder``, whole or not at all; returns its path.

    Raises:
        OSError: it cannot be written; an older card stays.
    """
    path = folder / CARD_NAME
    aside = beside(path)
    try:
        aside.write_text(json.dumps(card.to_json(), indent=2) + "\n", encoding="utf-8")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def _network(role: str, entry: Any) -> Network:
    try:
        file = take(entry, "file", str)
        sha256 = take(entry, "sha256", str).lower()
        architecture = take(entry, "architecture", str)
        learned = LearnedFrom.from_json(entry[LEARNED_FROM]) if LEARNED_FROM in entry else None
    except ValueError as error:
        raise ValueError(f'network "{role}": {error}') from None
    path = PurePath(file)
    # A card may not point outside its own folder.
    if path.name != file or "\\" in file or ":" in file or path.suffix not in SAFE_SUFFIXES:
        raise ValueError(f'network "{role}": "file" must be a plain name ending in {" or ".join(SAFE_SUFFIXES)}')
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f'network "{role}": "sha256" is not 64 hex digits')
    own = {"file", "sha256", "architecture", LEARNED_FROM}
    settings = {key: value for key, value in entry.items() if key not in own}
    return Network(file, sha256, architecture, settings, learned)
