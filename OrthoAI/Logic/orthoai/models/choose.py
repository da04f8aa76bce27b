"""Which model a run takes, and what a person may set of it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from orthoai.errors import InputError
from orthoai.models.store import Model, ModelStore

if TYPE_CHECKING:
    from orthoai.detect.detector import Detector
    from orthoai.models.warm import WarmCache

LOWEST_CONFIDENCE = 0.05
"""What detectors answer at all; a run then drops what scores below its own confidence."""


def task_model(name: str | None, default: str, task: str, store: ModelStore | None = None) -> Model:
    """The model called ``name``, or the ``default`` one, for ``task``.

    Raises:
        InputError: unknown or damaged, or a model of another task.
    """
    model = (store or ModelStore.default()).get(name or default)
    if model.metadata.task != task:
        raise InputError(f'The model "{model.name}" is for the task {model.metadata.task}: choose one for {task}.')
    return model


def chosen_confidence(asked: float | None, own: object, usual: float) -> float:
    """Smallest detector score that counts.

    Args:
        asked: by the person, first of all.
        own: the model card's, where it is a number.
        usual: where neither says.

    Raises:
        InputError: ``asked`` lies outside LOWEST_CONFIDENCE to 1.
    """
    if asked is not None:
        if not LOWEST_CONFIDENCE <= asked <= 1:
            raise InputError(f"The confidence is {asked}: choose one from {LOWEST_CONFIDENCE} to 1.")
        return asked
    return float(own) if isinstance(own, int | float) else usual


def detector_labels(model: Model, role: str) -> tuple[str, ...]:
    """Class names of a detector in class order, as its card says. Raises InputError where it does not."""
    labels = model.network(role).settings.get("labels")
    if not isinstance(labels, list) or not labels:
        raise undescribed(model, role)
    return tuple(str(label) for label in labels)


def require_grid(model: Model, role: str, pixel_mm: float, slice_mm: float) -> None:
    """Refuse a network of slices whose card names another pixel or slice distance (InputError)."""
    settings = model.network(role).settings
    if (settings.get("pixel_mm", pixel_mm), settings.get("slice_mm", slice_mm)) != (pixel_mm, slice_mm):
        raise undescribed(model, role)


def ensemble_weight(model: Model, role: str) -> float:
    """How much a network counts beside the others, 0 or more; 1 where its card says nothing.

    Raises:
        InputError: the card gives no such number.
    """
    value = model.network(role).settings.get("weight", 1.0)
    if not isinstance(value, int | float) or not 0 <= value < inf:
        raise undescribed(model, role)
    return float(value)


def undescribed(model: Model, role: str) -> InputError:
    """The error of a card that lacks what the network in ``role`` needs."""
    return InputError(f'The card of the model "{model.name}" does not describe its {role}: install the model again.')


def box_detector(model: Model, role: str, warm: WarmCache) -> Detector:
    """The YOLO detector of ``model`` in ``role``, kept in ``warm``.

    Raises:
        InputError: the model has none, its card does not describe it, or its file is damaged.
    """
    from orthoai.detect.onnx_yolo import OnnxYolo

    entry = model.network(role)

    def load() -> Detector:
        path = model.weights(role)
        size = entry.settings.get("image_size")
        if not isinstance(size, int):
            raise undescribed(model, role)
        return OnnxYolo(path, detector_labels(model, role), size, confidence=LOWEST_CONFIDENCE)

    return warm.get((entry.sha256, "cpu"), load)
