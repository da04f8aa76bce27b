"""The two networks of the task, found in the model store, checked, loaded and kept warm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.detector import Detector
from orthoai.errors import InputError
from orthoai.models.store import Model, ModelStore
from orthoai.models.warm import WarmCache
from orthoai.progress import Progress
from orthoai.tasks import RunOptions
from orthoai.tasks.femur import TASK
from orthoai.volume import Volume

CONFIDENCE = 0.25
"""Smallest detector score that counts where neither the person nor the model's card says another."""

LOWEST_CONFIDENCE = 0.05
"""What the detector answers at all; the run then drops what scores below its own confidence."""

WARM = WarmCache()
"""The networks of this process."""


class ForegroundSegmenter(Protocol):
    """Stage 2: marks the femur in a CT crop."""

    def foreground(self, volume: Volume, progress: Progress, stage: str) -> NDArray[np.bool_]:
        """The mask (K, J, I) on the grid of ``volume``, which is in LPS order."""
        ...


@dataclass(frozen=True)
class Engines:
    """What a run needs besides the volume.

    Attributes:
        detector: stage 1; None where boxes are given.
        segmenter: stage 2.
        confidence: smallest detector score that counts.
        device, precision: where and how stage 2 runs.
        model_name, model_sha256: for the provenance.
    """

    detector: Detector | None
    segmenter: ForegroundSegmenter
    confidence: float = CONFIDENCE
    device: str = "cpu"
    precision: str = "float32"
    model_name: str = ""
    model_sha256: Mapping[str, str] = field(default_factory=dict)


LoadEngines = Callable[[RunOptions], Engines]


def load_engines(options: RunOptions, store: ModelStore | None = None, warm: WarmCache = WARM) -> Engines:
    """The networks that ``options`` ask for.

    Raises:
        InputError: unknown or damaged model, a model of another task, no such device.
    """
    from orthoai.segment.device import choose
    from orthoai.segment.engine import Segmenter
    from orthoai.segment.network import SegmenterSpec

    model = (store or ModelStore.default()).get(options.model or TASK.default_model)
    if model.metadata.task != TASK.name:
        raise InputError(f'The model "{model.name}" is for the task {model.metadata.task}: choose one for {TASK.name}.')
    device = choose(options.device)
    entry = model.network("segmenter")
    segmenter = warm.get(
        (entry.sha256, device),
        lambda: Segmenter(SegmenterSpec.from_metadata(entry.to_json()), model.weights("segmenter"), device),
    )
    return Engines(
        detector=None if options.boxes else _detector(model, warm),
        segmenter=segmenter,
        confidence=_confidence(options, model),
        device=device.name,
        precision=device.precision,
        model_name=model.name,
        model_sha256=model.sha256,
    )


def _detector(model: Model, warm: WarmCache) -> Detector:
    from orthoai.detect.onnx_yolo import OnnxYolo

    entry = model.network("detector")

    def load() -> Detector:
        path = model.weights("detector")
        try:
            labels = tuple(str(label) for label in entry.settings["labels"])
            image_size = int(entry.settings["image_size"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f'The card of the model "{model.name}" does not describe its detector: install the model again.'
            ) from error
        return OnnxYolo(path, labels, image_size, confidence=LOWEST_CONFIDENCE)

    return warm.get((entry.sha256, "cpu"), load)


def _confidence(options: RunOptions, model: Model) -> float:
    if options.confidence is not None:
        if not LOWEST_CONFIDENCE <= options.confidence <= 1:
            raise InputError(f"The confidence is {options.confidence}: choose one from {LOWEST_CONFIDENCE} to 1.")
        return options.confidence
    network = model.metadata.networks.get("detector")
    own = network.settings.get("confidence") if network else None
    return float(own) if isinstance(own, int | float) else CONFIDENCE
