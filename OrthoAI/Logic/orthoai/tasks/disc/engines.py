"""The four networks of the task, found in the model store, checked, loaded and kept warm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from orthoai.tasks.disc.crop import DiscCrop
from orthoai.tasks.disc.findings import LIKELY
from orthoai.tasks.disc.grades import DiscGrades
from orthoai.tasks.disc.picture import PixelMm, Slice
from orthoai.tasks.disc.task import DEFAULT_MODEL, NAME

CONFIDENCE = 0.25
"""Smallest score of a disc that counts (issue 5; ultralytics' default)."""

LOWEST_CONFIDENCE = 0.05
"""What the detectors answer at all; the run then drops what scores below its own confidence."""

WARM = WarmCache(8)
"""The networks of this process: those of two models, beside the cache of any other task."""


class SliceLabeler(Protocol):
    """Segmentation: implemented by :class:`orthoai.tasks.disc.segment.SliceSegmenter`."""

    def labels(self, slices: NDArray[np.float32], pixel_mm: PixelMm, progress: Progress) -> NDArray[np.uint8]:
        """Labels 1 vertebra, 2 disc, 3 canal, else 0, (S, H, W).

        Args:
            slices: (S, H, W) sagittal slices, each as :func:`orthoai.tasks.disc.picture.normalized` made it.
            pixel_mm: of a pixel, (row, column).
            progress: hears of "Segment" and may cancel between slices.
        """
        ...


class Grader(Protocol):
    """Classification: implemented by :class:`orthoai.tasks.disc.classify.Classifier`."""

    def grade(self, crops: Sequence[DiscCrop]) -> list[DiscGrades]:
        """Grades of each crop, in order."""
        ...

    def heat_map(self, crop: DiscCrop) -> Slice:
        """What in ``crop`` speaks for a herniation (Grad-CAM): CROP_SHAPE, 0..1; all 0 where nothing does."""
        ...


@dataclass(frozen=True)
class Engines:
    """What a run needs besides the volume.

    Attributes:
        lumbar: stage A, finds "lumbar" in a slice.
        discs: stage B, finds "disc" in the lumbar region.
        segmenter: marks vertebrae, discs and canal.
        classifier: grades disc crops.
        confidence: smallest score of a disc that counts.
        suspect: herniation probability from which a disc is worth a look; from the classifier's validation patients.
        device, precision: where and how the last two run.
        model_name, model_sha256: for the provenance.
    """

    lumbar: Detector
    discs: Detector
    segmenter: SliceLabeler
    classifier: Grader
    confidence: float = CONFIDENCE
    suspect: float = LIKELY
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
    from orthoai.tasks.disc.classify import load_classifier
    from orthoai.tasks.disc.segment import load_segmenter

    model = (store or ModelStore.default()).get(options.model or DEFAULT_MODEL)
    if model.metadata.task != NAME:
        raise InputError(f'The model "{model.name}" is for the task {model.metadata.task}: choose one for {NAME}.')
    device = choose(options.device)
    hashes = tuple(sorted(model.sha256.items()))
    return Engines(
        lumbar=_detector(model, "lumbar", warm),
        discs=_detector(model, "discs", warm),
        segmenter=warm.get(("segmenter", hashes, device), lambda: load_segmenter(model, device)),
        classifier=warm.get(("classifier", hashes, device), lambda: load_classifier(model, device)),
        confidence=_confidence(options),
        suspect=_suspect(model),
        device=device.name,
        precision=device.precision,
        model_name=model.name,
        model_sha256=model.sha256,
    )


def _detector(model: Model, role: str, warm: WarmCache) -> Detector:
    from orthoai.detect.onnx_yolo import OnnxYolo

    entry = model.network(role)

    def load() -> Detector:
        path = model.weights(role)
        try:
            labels = tuple(str(label) for label in entry.settings["labels"])
            image_size = int(entry.settings["image_size"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f'The card of the model "{model.name}" does not describe its {role} detector: install the model again.'
            ) from error
        return OnnxYolo(path, labels, image_size, confidence=LOWEST_CONFIDENCE)

    return warm.get((entry.sha256, "cpu"), load)


def _suspect(model: Model) -> float:
    value = model.network("classifier").settings.get("herniation_threshold", LIKELY)
    return float(value) if isinstance(value, (int, float)) else LIKELY


def _confidence(options: RunOptions) -> float:
    if options.confidence is None:
        return CONFIDENCE
    if not LOWEST_CONFIDENCE <= options.confidence <= 1:
        raise InputError(f"The confidence is {options.confidence}: choose one from {LOWEST_CONFIDENCE} to 1.")
    return options.confidence
