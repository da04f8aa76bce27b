"""The two networks of the task, found in the model store, checked, loaded and kept warm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.models.choose import ensemble_weight, require_grid, task_model, undescribed
from orthoai.models.store import Model, ModelStore
from orthoai.models.used import UsedModel
from orthoai.models.warm import WarmCache
from orthoai.spine.stack import FRACTURE_PIXEL_MM, FRACTURE_SIZE, FRACTURE_SLICE_MM
from orthoai.spine.worst_first import LIKELY
from orthoai.tasks import RunOptions
from orthoai.tasks.fracture.evidence import Evidence
from orthoai.tasks.fracture.task import DEFAULT_MODEL, NAME

SAGITTAL, AXIAL = "sagittal", "axial"
"""Roles of the networks, and planes of their slices."""

THRESHOLD = 0.5
"""Of the weighed probability, where the card says none."""

LIKELY_KEY = "likely"
"""In a network's settings: the probability from which on a body is called fractured."""

WARM = WarmCache(4)
"""The networks of this process: those of two models."""


class SliceNetwork(Protocol):
    """Probabilities of gray tiles; implemented by :class:`OnnxSlices`."""

    @property
    def outputs(self) -> int:
        """1: of a fractured body; 2: of any body as well."""
        ...

    def __call__(self, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        """(B, 1, 256, 256) gray values 0..1 to (B, outputs, 256, 256) probabilities."""
        ...


@dataclass(frozen=True)
class Plane:
    """The network of one plane and its share of the result."""

    network: SliceNetwork
    weight: float


@dataclass(frozen=True)
class Engines(UsedModel):
    """What a run needs besides the volume.

    Attributes:
        planes: by name, SAGITTAL or AXIAL or both; their weights sum to 1.
        threshold: of the weighed probability, from which a voxel is marked where no network tells the bodies.
        evidence: from the mean probability in a body and its loss of height to the probability of its fracture.
        likely: of that, from which on a body is called fractured.
    """

    planes: Mapping[str, Plane]
    threshold: float = THRESHOLD
    evidence: Evidence = field(default_factory=Evidence)
    likely: float = LIKELY


LoadEngines = Callable[[RunOptions], Engines]


class OnnxSlices:
    """The outputs of an ONNX network that takes (B, 1, 256, 256): "probability", and "bodies" where it tells them."""

    def __init__(self, file: Path) -> None:
        from orthoai.models.onnx_network import OnnxNetwork

        self._network = OnnxNetwork(file)
        self._names = self._network.outputs[:2]

    @property
    def takes_tiles(self) -> bool:
        """Whether its input has the tiles' size."""
        return self._network.input_shape[1:] == (1, FRACTURE_SIZE, FRACTURE_SIZE)

    @property
    def outputs(self) -> int:
        """How many of the two the file has."""
        return len(self._names)

    def __call__(self, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.concatenate(self._network(tiles, self._names), axis=1)


def load_engines(options: RunOptions, store: ModelStore | None = None, warm: WarmCache = WARM) -> Engines:
    """The networks that ``options`` ask for.

    Every network's settings on the card hold its weight; those of the first plane also threshold and evidence of
    the weighed probability.

    Raises:
        InputError: unknown or damaged model, a model of another task, no such device, a threshold outside 0..1.
    """
    from orthoai.segment.device import choose

    model = task_model(options.model, DEFAULT_MODEL, NAME, store)
    choose(options.device)
    weights = {role: ensemble_weight(model, role) for role in (SAGITTAL, AXIAL) if role in model.metadata.networks}
    # A plane of weight zero would cost time and change nothing.
    used = {role: weight for role, weight in weights.items() if weight > 0}
    if not used:
        raise InputError(f'The model "{model.name}" has no network for {SAGITTAL} or {AXIAL} slices: choose another.')
    settings = model.network(next(iter(used))).settings
    return Engines(
        planes={role: Plane(_network(model, role, warm), weight / sum(used.values())) for role, weight in used.items()},
        threshold=_least(options, settings.get("threshold"), THRESHOLD),
        evidence=Evidence.from_card(settings),
        likely=_least(options, settings.get(LIKELY_KEY), LIKELY),
        model_name=model.name,
        model_sha256=model.sha256,
    )


def _network(model: Model, role: str, warm: WarmCache) -> SliceNetwork:
    require_grid(model, role, FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM)
    network = warm.get((model.network(role).sha256, "cpu"), lambda: OnnxSlices(model.weights(role)))
    if not network.takes_tiles:
        raise undescribed(model, role)
    return network


def _least(options: RunOptions, own: object, usual: float) -> float:
    """The probability from which on something counts: a person's confidence, else the card's own, else the usual."""
    if options.confidence is not None:
        if not 0 < options.confidence < 1:
            raise InputError(f"The confidence is {options.confidence}: choose one between 0 and 1.")
        return options.confidence
    return float(own) if isinstance(own, int | float) else usual
