"""What validation cases say of a trained network: its figures, the best confidence, and what its scores are worth."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from orthoai.tasks.ovf.labels import CLASSES

from orthoai_training.ovf.dataset import read_pictures
from orthoai_training.ovf.evaluation.answers import answers_on_pictures, network_in
from orthoai_training.ovf.evaluation.matching import Measure, PictureAnswer
from orthoai_training.ovf.evaluation.precision import picture_figures
from orthoai_training.ovf.pictures import case_of
from orthoai_training.train.calibration import FittedCalibration

LEAST_CONFIDENCE, MOST_CONFIDENCE = 0.1, 0.6
"""Bounds of the confidence that few validation pictures may choose."""

COUNTED_SCORE = 0.1
"""Instances below say nothing about the scores that a reader is shown."""


@dataclass(frozen=True)
class Validation:
    """Of one network.

    Attributes:
        figures: of boxes and masks, as the evaluation writes them, and milliseconds per picture on one core. What is
            found on a body that the field cuts, or on the rim of one, counts as wrong (see :func:`read_pictures`).
        confidence: where the mean F1 of the fracture classes is highest, within bounds.
        calibration: of single instances' scores.
    """

    figures: dict[str, Any]
    confidence: float
    calibration: FittedCalibration


def validate(network_file: Path, pictures: Path) -> Validation:
    """Measure the network on the "val" pictures of the data set ``pictures``."""
    network = network_in(network_file)
    answers: list[PictureAnswer] = []
    times = []
    for picture in read_pictures(pictures, "val"):
        started = time.perf_counter()
        answers += answers_on_pictures(network, [picture], case_of(picture))
        times.append(1000 * (time.perf_counter() - started))
    found = {measure: picture_figures(answers, measure) for measure in Measure}
    figures = {measure.value.lower(): one.to_json() for measure, one in found.items()}
    confidence = float(np.clip(found[Measure.MASK].confidence, LEAST_CONFIDENCE, MOST_CONFIDENCE))
    return Validation({**figures, "ms_per_picture": float(np.median(times))}, confidence, calibrated(answers))


def calibrated(answers: Sequence[PictureAnswer]) -> FittedCalibration:
    """From the scores of instances, right where a true body of their class is matched at mask IoU 0.5."""
    scores, right = [], []
    for answer in answers:
        for kind in range(len(CLASSES)):
            for candidate in answer.candidates(kind, Measure.MASK)[0]:
                if candidate.score >= COUNTED_SCORE:
                    scores.append(candidate.score)
                    right.append(candidate.iou > 0)
    return FittedCalibration.fitted(scores, right)
