"""The trained network as the store keeps it: card, weights, and a page for people."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from orthoai import __version__
from orthoai.models.card import Card, Network, read_card
from orthoai.models.hashing import file_sha256
from orthoai.models.store import Model
from orthoai.spine.stack import OVF_PIXEL_MM, OVF_SLICE_MM
from orthoai.tasks.ovf.engines import DETECTOR
from orthoai.tasks.ovf.labels import CLASSES, FRACTURES
from orthoai.tasks.ovf.task import NAME as TASK_NAME

from orthoai_training.learned import noted
from orthoai_training.ovf.detector import NETWORK_FILE, OvfRun, TrainedOvf
from orthoai_training.ovf.reviewed import is_reviewed
from orthoai_training.train.calibration import FittedCalibration
from orthoai_training.train.credits import first_credits
from orthoai_training.train.model_folder import LICENSES, ModelPage, libraries, limits_of, written
from orthoai_training.train.start import Start

MODEL_FOLDER = "model"
"""In the run folder."""

NAME = "vertebral_fractures"

CONFIDENCE = 0.25
"""Score from which the task takes a detection, until a validation says better."""

SIMULATED, OWN_PICTURES = "simulated spine CT", "own pictures"
"""What the card says of the training's kind; reviewed cases are counted beside it."""

STARTED = "started_from"
"""Key of the card's data: the model of the task that the training went on from, and what its card says of its data."""

REVIEWED = "reviewed_cases"
"""Key of the card's data: how many of the cases that train and validate a person reviewed; left out where none is."""


def write_ovf_model(
    trained: TrainedOvf,
    run: OvfRun,
    folder: Path,
    recipe: str,
    start: Model | None = None,
    credits: Sequence[str] = (),
) -> Path:
    """Put weights, metadata.json and README.md into ``folder``; the card goes last. Returns ``folder``.

    Args:
        start: model that gave the first weights; credits: whom the cases' sources ask to be named.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(trained.file, folder / NETWORK_FILE)
    settings: dict[str, Any] = {
        "image_size": run.recipe.yolo.image_size,
        "labels": list(CLASSES),
        "pixel_mm": OVF_PIXEL_MM,
        "slice_mm": OVF_SLICE_MM,
        "confidence": CONFIDENCE,
        "calibration": FittedCalibration().to_json(),
    }
    data: dict[str, Any] = {"kind": _kind(run)}
    if run.pictures is None:
        data |= {"train_cases": len(run.train), "validation_cases": len(run.validation)}
        reviewed = {"train": _reviewed(run.train), "validation": _reviewed(run.validation)}
        data |= {REVIEWED: reviewed} if any(reviewed.values()) else {}
    if start is not None:
        data["first_weights"] = f"layers of the detector of the model {start.name}"
        if start.metadata.task == TASK_NAME:
            data[STARTED] = Start(start).lineage(DETECTOR)
    inherited = () if start is None else start.metadata.attribution
    card = Card(
        name=NAME,
        version=__version__,
        task="ovf",
        description="Vertebral fractures in sagittal CT slices: YOLOv8n-seg outlines each vertebral body and tells "
        "crush, wedge and biconcave fractures from normal bodies.",
        license=LICENSES[True],
        attribution=(*credits, *first_credits(inherited, credits)),
        labels={number: label for number, label in enumerate(FRACTURES, start=1)},
        networks={
            DETECTOR: Network(
                NETWORK_FILE,
                file_sha256(folder / NETWORK_FILE),
                run.recipe.yolo.architecture,
                settings,
                noted(run.out, DETECTOR),
            )
        },
        training={"recipe": recipe, "data": data, "seed": run.seed, "detector": asdict(run.recipe)},
        metrics={"detector": {**trained.metrics, "training_s": trained.seconds}},
        libraries=libraries(),
    )
    written(card, folder, page_of(card))
    return folder


def page_of(card: Card) -> ModelPage:
    """What the page says of a model with ``card``: also on what the models before it were trained."""
    data = card.training.get("data", {})
    before = _before(data)
    is_simulated = all(map(_is_simulated, [data, *before]))
    kinds = [_told(data)]
    if not is_simulated:
        kinds += [SIMULATED if _is_simulated(each) else _told(each) for each in before]
    cases = "simulated validation cases" if _is_simulated(data) else "validation cases"
    return ModelPage(
        limits_of(", on from a model trained on ".join(dict.fromkeys(kinds)), is_simulated),
        f"On {cases}, never on test cases: ultralytics' own figures per picture (B: boxes, M: masks).",
    )


def _before(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the cards of the models say that the one with ``data`` was started from, the nearest first."""
    if STARTED not in data:
        return []
    nearest = data[STARTED].get("data", {})
    return [nearest, *_before(nearest)]


def _is_simulated(data: Mapping[str, Any]) -> bool:
    # Older cards count reviewed cases in their kind alone.
    return _told(data) != OWN_PICTURES and REVIEWED not in data and "reviewed" not in _told(data)


def _told(data: Mapping[str, Any]) -> str:
    return str(data.get("kind", SIMULATED))


def _kind(run: OvfRun) -> str:
    """Of what the network is trained on."""
    if run.pictures is not None:
        return OWN_PICTURES
    reviewed = _reviewed(run.train)
    parts = [] if reviewed and reviewed == len(run.train) else [SIMULATED]
    parts += [f"{reviewed} reviewed case{'s' if reviewed > 1 else ''}"] if reviewed else []
    return " and ".join(parts)


def _reviewed(cases: Sequence[Path]) -> int:
    return sum(is_reviewed(path) for path in cases)


def with_settings(folder: Path, settings: Mapping[str, Any], metrics: Mapping[str, Any]) -> Path:
    """Change the detector's settings on the card in ``folder``, such as its calibration, and add groups of figures.

    Raises:
        InputError: the disk refuses.
    """
    card = read_card(folder)
    old = card.networks[DETECTOR]
    network = replace(old, settings={**old.settings, **settings})
    changed = replace(card, networks={**card.networks, DETECTOR: network}, metrics={**card.metrics, **metrics})
    written(changed, folder, page_of(changed))
    return folder
