"""A model's figures on held-out patients, also as other scanners would show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from orthoai.detect.detector import Detector
from orthoai.detect.onnx_yolo import OnnxYolo
from orthoai.models.store import Model, ModelStore
from orthoai.tasks.disc.engines import CONFIDENCE
from orthoai.tasks.disc.locate import Located, locate
from orthoai.tasks.disc.picture import normalized

from orthoai_training.disc.data.split import Part, split_of
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.measure import (
    LevelRecall,
    Precision,
    disc_pictures,
    level_recall,
    region_pictures,
    run_pictures,
)
from orthoai_training.disc.detection.scene import Scene
from orthoai_training.disc.detection.sources import scenes
from orthoai_training.disc.segmentation.evaluate import LOOKS, Look

ALL_SCORES = 0.001
"""Score from which a box counts for average precision, as is usual."""


@dataclass(frozen=True)
class DetectionFigures:
    """Of a model's two detectors on one part.

    Attributes:
        lumbar: stage A on whole slices.
        discs: stage B on the true regions, as the paper measures it.
        run: stage B on the regions that stage A found, T12/L1 to L5/S1.
        levels: both stages at the run's confidence, then the naming.
    """

    lumbar: Precision
    discs: Precision
    run: Precision
    levels: LevelRecall

    def to_json(self) -> dict[str, Any]:
        """For a results file."""
        return asdict(self)


def measure_detectors(
    data: Path, part: Part = "validation", model: str = "lumbar_disc", fold: int | None = None
) -> dict[str, DetectionFigures]:
    """Figures by look ("as it is" first) on one mid-sagittal slice per boxed picture and per volume.

    Args:
        part: "test" once, when nothing is tuned any more.
    """
    found = scenes(data, split_of(fold).part(part))
    detectors = open_detectors(ModelStore.default().get(model))
    figures = {"as it is": figures_of(found, detectors)}
    for name, look in LOOKS.items():
        figures[name] = figures_of([seen_through(scene, look) for scene in found], detectors)
    return figures


def open_detectors(model: Model) -> tuple[Callable[[float], Detector], Callable[[float], Detector]]:
    """Stages A and B of ``model``, each by the smallest score to answer."""
    return (
        lambda confidence: OnnxYolo(model.weights("lumbar"), (Stage.LUMBAR.label,), confidence=confidence),
        lambda confidence: OnnxYolo(model.weights("discs"), (Stage.DISCS.label,), confidence=confidence),
    )


def figures_of(
    found: Sequence[Scene], detectors: tuple[Callable[[float], Detector], Callable[[float], Detector]]
) -> DetectionFigures:
    """Every figure on these scenes."""
    (lumbar, all_lumbar), (discs, all_discs) = ((make(CONFIDENCE), make(ALL_SCORES)) for make in detectors)

    def located(scene: Scene) -> Located:
        return locate(scene.image, scene.pixel_mm, lumbar, discs, CONFIDENCE)

    return DetectionFigures(
        lumbar=Precision.of(region_pictures(found, all_lumbar)),
        discs=Precision.of(disc_pictures(found, all_discs)),
        run=Precision.of(run_pictures(found, lumbar, all_discs, ALL_SCORES)),
        levels=level_recall(found, located),
    )


def seen_through(scene: Scene, look: Look) -> Scene:
    """``scene`` as another scanner shows it; outlines stay on their discs."""
    image, pixel_mm = look(scene.image[None], scene.pixel_mm)
    scale = np.array([scene.pixel_mm[1] / pixel_mm[1], scene.pixel_mm[0] / pixel_mm[0]])
    outlines = {label: points * scale for label, points in scene.outlines.items()}
    return replace(scene, image=normalized(image[0]), pixel_mm=pixel_mm, outlines=outlines)
