"""The two networks of the task, found in the model store, checked, loaded and kept warm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.detector import Detector
from orthoai.models.choose import box_detector, chosen_confidence, task_model
from orthoai.models.store import Model, ModelStore
from orthoai.models.used import UsedModel
from orthoai.models.warm import WarmCache
from orthoai.progress import Progress
from orthoai.tasks import RunOptions
from orthoai.tasks.femur import TASK
from orthoai.volume import Volume

CONFIDENCE = 0.25
"""Smallest detector score that counts where neither the person nor the model's card says another."""

WARM = WarmCache()
"""The networks of this process."""


class ForegroundSegmenter(Protocol):
    """Stage 2: marks the femur in a CT crop."""

    def foreground(self, volume: Volume, progress: Progress, stage: str) -> NDArray[np.bool_]:
        """The mask (K, J, I) on the grid of ``volume``, which is in LPS order."""
        ...


@dataclass(frozen=True)
class Engines(UsedModel):
    """What a run needs besides the volume.

    Attributes:
        detector: stage 1; None where boxes are given.
        segmenter: stage 2.
        confidence: smallest detector score that counts.
    """

    detector: Detector | None
    segmenter: ForegroundSegmenter
    confidence: float = CONFIDENCE


LoadEngines = Callable[[RunOptions], Engines]


def load_engines(options: RunOptions, store: ModelStore | None = None, warm: WarmCache = WARM) -> Engines:
    """The networks that ``options`` ask for.

    Raises:
        InputError: unknown or damaged model, a model of another task, no such device.
    """
    from orthoai.segment.device import choose
    from orthoai.segment.engine import Segmenter
    from orthoai.segment.network import SegmenterSpec

    model = task_model(options.model, TASK.default_model, TASK.name, store)
    device = choose(options.device)
    entry = model.network("segmenter")
    segmenter = warm.get(
        (entry.sha256, device),
        lambda: Segmenter(SegmenterSpec.from_metadata(entry.to_json()), model.weights("segmenter"), device),
    )
    return Engines(
        detector=None if options.boxes else box_detector(model, "detector", warm),
        segmenter=segmenter,
        confidence=chosen_confidence(options.confidence, _own_confidence(model), CONFIDENCE),
        device=device.name,
        precision=device.precision,
        model_name=model.name,
        model_sha256=model.sha256,
    )


def _own_confidence(model: Model) -> object:
    network = model.metadata.networks.get("detector")
    return network.settings.get("confidence") if network else None
