"""The four networks of the task, found in the model store, checked, loaded and kept warm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from orthoai.tasks.disc.crop import DiscCrop
from orthoai.tasks.disc.findings import LIKELY
from orthoai.tasks.disc.grades import DiscGrades
from orthoai.tasks.disc.picture import PixelMm, Slice
from orthoai.tasks.disc.task import DEFAULT_MODEL, NAME

CONFIDENCE = 0.25
"""Smallest score of a disc that counts (issue 5; ultralytics' default)."""

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

    def certainty(self, slices: NDArray[np.float32], index: int, pixel_mm: PixelMm) -> float:
        """How sure it is of what it marks in slice ``index`` of ``slices`` (S, H, W): the mean share of the most likely
        class over what is no background, 0..1; 0 where next to nothing is marked."""
        ...


class Grader(Protocol):
    """Classification: implemented by :class:`orthoai.tasks.disc.classify.Classifier`."""

    def grade(self, crops: Sequence[DiscCrop]) -> list[DiscGrades]:
        """Grades of each crop, in order."""
        ...

    def heat_map(self, crop: DiscCrop) -> Slice:
        """What in ``crop`` decides on a herniation (Grad-CAM): CROP_SHAPE, 0..1; all 0 where nothing does."""
        ...


@dataclass(frozen=True)
class Engines(UsedModel):
    """What a run needs besides the volume.

    Attributes:
        lumbar: stage A, finds "lumbar" in a slice.
        discs: stage B, finds "disc" in the lumbar region.
        segmenter: marks vertebrae, discs and canal.
        classifier: grades disc crops.
        confidence: smallest score of a disc that counts.
        suspect: herniation probability from which a disc is worth a look; from the classifier's validation patients.
    """

    lumbar: Detector
    discs: Detector
    segmenter: SliceLabeler
    classifier: Grader
    confidence: float = CONFIDENCE
    suspect: float = LIKELY


LoadEngines = Callable[[RunOptions], Engines]


def load_engines(options: RunOptions, store: ModelStore | None = None, warm: WarmCache = WARM) -> Engines:
    """The networks that ``options`` ask for.

    Raises:
        InputError: unknown or damaged model, a model of another task, no such device.
    """
    from orthoai.segment.device import choose
    from orthoai.tasks.disc.classify import load_classifier
    from orthoai.tasks.disc.segment import load_segmenter

    model = task_model(options.model, DEFAULT_MODEL, NAME, store)
    choose(options.device)
    hashes = tuple(sorted(model.sha256.items()))
    return Engines(
        lumbar=box_detector(model, "lumbar", warm),
        discs=box_detector(model, "discs", warm),
        segmenter=warm.get(("segmenter", hashes, "cpu"), lambda: load_segmenter(model)),
        classifier=warm.get(("classifier", hashes, "cpu"), lambda: load_classifier(model)),
        confidence=chosen_confidence(options.confidence, None, CONFIDENCE),
        suspect=suspect_of(model),
        model_name=model.name,
        model_sha256=model.sha256,
    )


def suspect_of(model: Model) -> float:
    """Herniation probability from which ``model`` has a disc worth a look."""
    value = model.network("classifier").settings.get("herniation_threshold", LIKELY)
    return float(value) if isinstance(value, (int, float)) else LIKELY
