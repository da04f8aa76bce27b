"""What a vote and a loss of height are worth together, fitted to validation cases and written to a model's card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.models.card import Network
from orthoai.models.learned import joined
from orthoai.models.store import Model
from orthoai.progress import Progress
from orthoai.tasks import RunOptions
from orthoai.tasks.fracture.engines import load_engines

from orthoai_training.dataset import CaseFolder
from orthoai_training.fracture.cases import load_case
from orthoai_training.fracture.fitted_evidence import fitted_evidence
from orthoai_training.fracture.model_folder import page_of
from orthoai_training.fracture.planes_of_case import PlanesOfCase, look_at
from orthoai_training.learned import learned_from
from orthoai_training.train.calibration import LEAST_ANSWERS
from orthoai_training.train.model_folder import written

STAGE = "fit"


@dataclass(frozen=True)
class Fitted:
    """On how many ``cases`` and ``bodies``, and what the card says now."""

    cases: int
    bodies: int
    settings: dict[str, Any]


def fit_model(model: Model, cases: Sequence[CaseFolder], progress: Progress) -> Fitted:
    """Run the networks of ``model`` on validation ``cases`` and fit its card's evidence.

    Raises:
        InputError: too few vertebral bodies in the cases, a case that cannot be read, or a folder that cannot be
            written.
        Canceled: asked for by ``progress``; the card stays as it is.
    """
    engines = load_engines(RunOptions(model=str(model.folder)))
    networks = {name: plane.network for name, plane in engines.planes.items()}
    weights: NDArray[np.float64] = np.array([plane.weight for plane in engines.planes.values()])

    def seen(number: int, folder: CaseFolder) -> PlanesOfCase | None:
        progress.report(STAGE, number / len(cases), folder.name)
        return look_at(networks, load_case(folder), progress)

    looks = (seen(number, folder) for number, folder in enumerate(cases))
    evidence = fitted_evidence((look for look in looks if look is not None), weights, engines.threshold)
    progress.report(STAGE, 1.0)
    if evidence.with_height is None:
        raise InputError(
            f"The cases show too few vertebral bodies to tell what a vote is worth: give {LEAST_ANSWERS} and more."
        )

    fitted_to = learned_from([], cases)

    def changed(network: Network) -> Network:
        settings = {**network.settings, **evidence.settings}
        return replace(network, settings=settings, learned_from=joined([network.learned_from, fitted_to]))

    card = replace(
        model.metadata, networks={role: changed(network) for role, network in model.metadata.networks.items()}
    )
    written(card, model.folder, page_of(card))
    return Fitted(len(cases), evidence.bodies, evidence.settings)
