"""The trained networks as the store keeps them: card, weights, and a page for people."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orthoai import __version__
from orthoai.models.card import Card, Network
from orthoai.models.hashing import file_sha256
from orthoai.spine.stack import FRACTURE_PIXEL_MM, FRACTURE_SIZE, FRACTURE_SLICE_MM
from orthoai.spine.window import BONE_WINDOW

from orthoai_training.fracture.fusion import Fusion
from orthoai_training.fracture.plane_network import PlaneNetwork
from orthoai_training.train.model_folder import LICENSES, ModelPage, libraries, limits_of, staged_model, written

NAME = "spine_fracture"

KINDS = "train_cases_by_kind"
"""Key of the card's data: how many training cases are simulated, reviewed, or other real ones."""

SIMULATED = "simulated"
"""How the kinds of simulated cases begin."""

AXIAL_LIMIT = (
    "A single axial slice shows little of a vertebra's height, so the sagittal network carries most of the answer."
)


def model_folder(out: Path) -> Path:
    """Where the model goes in the run's folder ``out``."""
    return out / "model" / NAME


def write_fracture_model(
    planes: Mapping[str, PlaneNetwork],
    fusion: Fusion,
    data: Mapping[str, Any],
    attribution: Sequence[str],
    folder: Path,
) -> Card:
    """Put the networks of ``planes`` with card and page into ``folder``, which appears whole or not at all, in place of
    an older model.

    Every network's settings hold what the task needs: size, pixel, slice distance, window, the plane's weight, and the
    threshold and calibration of the weighed probability. Each keeps the recipe that it was trained by.

    Raises:
        InputError: ``folder`` holds other files, or the disk refuses.
    """
    with staged_model(folder) as aside:
        networks, metrics = {}, {}
        for plane, network in planes.items():
            target = aside / f"{plane}.onnx"
            shutil.copyfile(network.file, target)
            settings: dict[str, Any] = {
                "image_size": FRACTURE_SIZE,
                "pixel_mm": FRACTURE_PIXEL_MM,
                "slice_mm": FRACTURE_SLICE_MM,
                "window_hu": list(BONE_WINDOW),
                "weight": fusion.weights.get(plane, 0.0),
                "threshold": fusion.threshold,
                **fusion.evidence.settings,
            }
            sha256, learned = file_sha256(target), network.learned_from
            networks[plane] = Network(target.name, sha256, network.architecture, settings, learned)
            metrics[plane] = {key: value for key, value in network.metrics.items() if key not in ("recipe", "history")}
        metrics["fusion"] = {"dice": fusion.dice, "plane_dice": dict(fusion.plane_dice), "cases": fusion.cases}
        recipes = {plane: dict(network.recipe) for plane, network in planes.items()}
        names = dict.fromkeys(str(recipe["name"]) for recipe in recipes.values() if "name" in recipe)
        card = Card(
            name=NAME,
            version=__version__,
            task="fracture",
            description="Bodies of fractured vertebrae in CT: the multi-scale feature-fusion network of Saeed et al. "
            "2024 on sagittal and on axial slices, put together in 3D.",
            license=LICENSES[False],
            attribution=tuple(attribution),
            labels={1: "fracture"},
            networks=networks,
            training={"recipe": " and ".join(names), "data": dict(data), **recipes},
            metrics=metrics,
            libraries=libraries(),
        )
        return written(card, aside, page_of(card))


def page_of(card: Card) -> ModelPage:
    """What the page says of a model with ``card``: also on what the models before it were trained."""
    kinds = _kinds(card.training.get("data", {}))
    others = sorted(f"{kind} cases" for kind in kinds if not kind.startswith(SIMULATED))
    simulated = ["simulated CT"] if not others or any(kind.startswith(SIMULATED) for kind in kinds) else []
    own = "kinds" if others else "simulations"
    return ModelPage(
        f"{limits_of(' and '.join([*simulated, *others]), not others)} {AXIAL_LIMIT}",
        f"On validation cases of the same {own}, never on test cases.",
    )


def _kinds(data: Mapping[str, Any]) -> set[str]:
    """Of the training cases that a card's ``data`` tell, those of the models that it was started from included."""
    kinds = set(data.get(KINDS, ()))
    for lineage in data.get("started_from", {}).values():
        kinds |= _kinds(lineage.get("data", {}))
    return kinds
