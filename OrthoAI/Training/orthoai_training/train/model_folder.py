"""A trained model as the store keeps it: card, weights, and a page for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import monai
import numpy as np
import torch
from orthoai.errors import InputError
from orthoai.marker import Marker
from orthoai.models.card import CARD_NAME, Card, read_card, write_card
from orthoai.output import refuse_foreign, resolved, staged_folder, write_error

PAGE_FILE = "README.md"

MODEL = Marker(CARD_NAME, ("task", "networks"))
"""By which an older model is known."""

YOLO_LICENSE = (
    "The detector's network was trained and exported with ultralytics YOLOv8, AGPL-3.0 software; its weights come from "
    "that software. Who passes them on follows AGPL-3.0, or replaces the detector. OrthoAI runs them with ONNX Runtime "
    "and does not need ultralytics."
)

LICENSES = {
    True: "Apache-2.0; the detector's weights come from AGPL-3.0 software (ultralytics)",
    False: "Apache-2.0",
}
"""The card's license line, by whether the model has a detector."""

LIMITS = (
    "Research use only; not a medical device. Figures on simulated CT say how well the pipeline works, not how "
    "accurate it is in patients."
)


@dataclass(frozen=True)
class ModelPage:
    """What a model's page says beside its card: its limits, and on whom its figures were measured."""

    limits: str = LIMITS
    figures: str = "On its held-out validation cases, never on test cases."


def limits_of(trained_on: str, is_simulated: bool) -> str:
    """The limits on the page of a model for the spine.

    Args:
        trained_on: such as "simulated CT".
        is_simulated: whether no case is of a person.
    """
    if is_simulated:
        worth = "how well the method works on simulations, not how accurate it is in patients."
    else:
        worth = "how well the method works on cases like these, not how accurate it is in other patients."
    return f"Research use only; not a medical device. Trained on {trained_on}: figures say {worth}"


def libraries() -> dict[str, str]:
    """What the card says of the libraries that trained a model."""
    return {"monai_version": monai.__version__, "pytorch_version": torch.__version__, "numpy_version": np.__version__}


@contextmanager
def staged_model(folder: Path) -> Iterator[Path]:
    """A folder to write a model into, which takes the place of ``folder``, and of an older model there, when the block
    ends well; see :func:`staged_folder`.

    Raises:
        InputError: ``folder`` holds other files, or the disk refuses.
    """
    with staged_folder(folder, MODEL, besides=_files(folder)) as aside:
        yield aside


def require_model_place(folder: Path) -> None:
    """Before hours of training: raise InputError where :func:`staged_model` would refuse ``folder``."""
    if (folder / CARD_NAME).is_file():
        try:
            read_card(folder)
        except InputError as error:
            raise InputError(f"{folder} holds a damaged model: remove that folder, or choose another --out.") from error
    refuse_foreign(resolved(folder), MODEL, _files(folder))


def _files(folder: Path) -> tuple[str, ...]:
    """What the model in ``folder`` consists of; nothing where there is none."""
    try:
        return PAGE_FILE, *(network.file for network in read_card(folder).networks.values())
    except InputError:
        return ()


def written(card: Card, folder: Path, page: ModelPage = ModelPage()) -> Card:
    """Write ``card`` and its page into ``folder``, whose other files are there already; the card goes last.

    Raises:
        InputError: the disk refuses.
    """
    try:
        (folder / PAGE_FILE).write_text(readme(card, page), encoding="utf-8")
        write_card(card, folder)
    except OSError as error:
        raise write_error(error, folder) from error
    return card


def readme(card: Card, page: ModelPage = ModelPage()) -> str:
    """The model's page, in Markdown."""
    lines = [f"# {card.name}", "", card.description, "", page.limits, "", "## Networks", ""]
    lines += ["| role | architecture | file | sha256 |", "|---|---|---|---|"]
    lines += [
        f"| {role} | {network.architecture} | {network.file} | `{network.sha256[:16]}` |"
        for role, network in card.networks.items()
    ]
    lines += ["", "Labels: " + ", ".join(f"{value} {name}" for value, name in card.labels.items()) + ".", ""]
    lines += ["## Data", "", *_table(_without_forebears(card.training.get("data", {}))), ""]
    lines += ["## Recipe", "", f"Recipe `{card.training['recipe']}` (`orthoai train {card.task}`).", ""]
    for role, said in card.training.items():
        # A lone number, such as a seed, makes no table.
        if role not in ("recipe", "data") and isinstance(said, Mapping):
            lines += [f"### {role}", "", *_table(said), ""]
    lines += ["## Metrics of the training run", "", page.figures, ""]
    for role, values in card.metrics.items():
        lines += [f"### {role}", "", *_table(values), ""]
    lines += ["## Licenses", "", f"{card.license}.", ""]
    if any(network.architecture.startswith("yolo") for network in card.networks.values()):
        lines += [YOLO_LICENSE, ""]
    if card.attribution:
        lines += ["Made with:", "", *(f"- {line}" for line in card.attribution), ""]
    return "\n".join(lines)


def _without_forebears(data: Mapping[str, Any], inside: bool = False) -> dict[str, Any]:
    """``data`` without those of the models that it was started from: metadata.json has them, one within the other."""
    kept = {key: value for key, value in data.items() if not (inside and key == "data")}
    return {
        key: _without_forebears(value, inside or key.endswith("started_from")) if isinstance(value, Mapping) else value
        for key, value in kept.items()
    }


def _table(values: Mapping[str, Any]) -> list[str]:
    """A two-column table of the plain values."""
    rows = [f"| {key} | {_shown(value)} |" for key, value in values.items()]
    return ["| | |", "|---|---|", *rows] if rows else ["None given."]


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(entry)}" for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(entry) for entry in value)
    return str(value)
