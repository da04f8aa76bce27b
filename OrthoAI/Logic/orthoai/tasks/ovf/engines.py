"""The networks of the task, found in the model store, checked, loaded and kept warm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from orthoai.models.calibration import Calibration
from orthoai.models.choose import (
    LOWEST_CONFIDENCE,
    chosen_confidence,
    detector_labels,
    require_grid,
    task_model,
    undescribed,
)
from orthoai.models.store import Model, ModelStore
from orthoai.models.used import UsedModel
from orthoai.models.warm import WarmCache
from orthoai.spine.stack import OVF_PIXEL_MM, OVF_SLICE_MM
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.labels import CLASSES
from orthoai.tasks.ovf.outline_network import OnnxOutlines, OutlineNetwork
from orthoai.tasks.ovf.task import DEFAULT_MODEL, NAME
from orthoai.tasks.ovf.weighed import CARD_KEY, Weighed

if TYPE_CHECKING:
    from orthoai.detect.onnx_yolo_seg import Answer

DETECTOR, OUTLINE = "detector", "outline"
"""Roles of the networks; the second may be missing."""

CONFIDENCE = 0.25
"""Smallest score of an instance that counts where neither the person nor the card says another."""

WARM = WarmCache(4)
"""The networks of this process: those of two models."""


class BodyDetector(Protocol):
    """Outlines vertebral bodies; implemented by :class:`orthoai.detect.onnx_yolo_seg.OnnxYoloSeg`."""

    image_size: int

    def answer(self, picture: NDArray[np.uint8], confidence: float | None = None) -> Answer:
        """Instances, whose class scores are in the order of CLASSES, and features of a square picture."""
        ...


@dataclass(frozen=True)
class Engines(UsedModel):
    """What a run needs besides the volume.

    Attributes:
        detector: of bodies in sagittal slices.
        outlines: draws what it found once more, finer; None where the model has no such network.
        confidence: smallest score of an instance that counts.
        calibration: from the vote of a body to the probability of its class.
        weighed: the class from that vote and the heights together; None where the vote alone tells it.
    """

    detector: BodyDetector
    outlines: OutlineNetwork | None = None
    confidence: float = CONFIDENCE
    calibration: Calibration = field(default_factory=Calibration)
    weighed: Weighed | None = None


LoadEngines = Callable[[RunOptions], Engines]


def load_engines(options: RunOptions, store: ModelStore | None = None, warm: WarmCache = WARM) -> Engines:
    """The networks that ``options`` ask for.

    The card's "finding_calibration" holds for the vote of a body; where there is none, "calibration" of single
    instances stands in.

    Raises:
        InputError: unknown or damaged model, a model of another task, no such device.
    """
    from orthoai.segment.device import choose

    model = task_model(options.model, DEFAULT_MODEL, NAME, store)
    choose(options.device)
    settings = model.network(DETECTOR).settings
    return Engines(
        detector=_detector(model, warm),
        outlines=_outlines(model, warm) if OUTLINE in model.metadata.networks else None,
        confidence=chosen_confidence(options.confidence, settings.get("confidence"), CONFIDENCE),
        calibration=Calibration.from_card(settings.get("finding_calibration", settings.get("calibration"))),
        weighed=Weighed.from_card(settings.get(CARD_KEY)),
        model_name=model.name,
        model_sha256=model.sha256,
    )


def _detector(model: Model, warm: WarmCache) -> BodyDetector:
    from orthoai.detect.onnx_yolo_seg import OnnxYoloSeg

    if detector_labels(model, DETECTOR) != CLASSES:
        raise undescribed(model, DETECTOR)
    return warm.get(
        (model.network(DETECTOR).sha256, "cpu"),
        # One instance per place, whatever its class: a vertebra has one.
        lambda: OnnxYoloSeg(model.weights(DETECTOR), CLASSES, confidence=LOWEST_CONFIDENCE, agnostic=True),
    )


def _outlines(model: Model, warm: WarmCache) -> OutlineNetwork:
    require_grid(model, OUTLINE, OVF_PIXEL_MM, OVF_SLICE_MM)
    network = warm.get((model.network(OUTLINE).sha256, "cpu"), lambda: OnnxOutlines(model.weights(OUTLINE)))
    if not network.fits:
        raise undescribed(model, OUTLINE)
    return network
