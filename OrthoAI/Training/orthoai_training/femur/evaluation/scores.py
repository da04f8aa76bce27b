"""What is measured on one subject with one model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

SIDES = {1: "left", 2: "right"}
"""Voxel value to side."""


@dataclass(frozen=True)
class Scores:
    """Figures of one femur, or of a subject's femora together; None where not defined.

    Attributes:
        iou: of the found 3D box with the true one, 0 when missed. Subject: mean over the femora that are there.
        dice, sensitivity, specificity, pixel_accuracy: over all voxels of the scan (see ``overlap``).
        crop_specificity, crop_pixel_accuracy: within the true box and the 12 mm that stage 2 sees around it, comparable
            to the paper's, which are taken on crops. Subject: over the voxels of both crops.
        hd95_mm, surface_dice_1mm, surface_dice_2mm: see ``surface``. Subject: mean over the femora that are there; for
            hd95_mm over those that were found.
    """

    iou: float | None = None
    dice: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    pixel_accuracy: float | None = None
    crop_specificity: float | None = None
    crop_pixel_accuracy: float | None = None
    hd95_mm: float | None = None
    surface_dice_1mm: float | None = None
    surface_dice_2mm: float | None = None


@dataclass(frozen=True)
class FemurScores:
    """One side.

    Attributes:
        present: it is in the truth. found: it is in the answer.
        confidence: score of its box.
        truth_ml, found_ml: milliliters.
    """

    present: bool
    found: bool
    confidence: float | None
    truth_ml: float
    found_ml: float
    scores: Scores


@dataclass(frozen=True)
class SubjectScores:
    """One subject with one model.

    Attributes:
        femora: by "left" and "right".
        both: the femora together.
        foreground_dice: femur against everything else, whichever side.
        raw_foreground_dice: the same before parts are chosen; only of single-stage models.
        timings_s: by stage. inference_s: without loading the networks.
        peak_rss_mb: the process's memory during the run, the volume and its truth included.
        cpu_s: processor seconds of all threads. segmented_l: liters that the segmenter looked at.
    """

    femora: dict[str, FemurScores]
    both: Scores
    foreground_dice: float | None
    raw_foreground_dice: float | None = None
    timings_s: dict[str, float] = field(default_factory=dict)
    inference_s: float = 0.0
    peak_rss_mb: float = 0.0
    cpu_s: float | None = None
    segmented_l: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> SubjectScores:
        """Undo :meth:`to_json`. Raises KeyError or TypeError for anything else."""
        femora = {
            side: FemurScores(**{**femur, "scores": Scores(**femur["scores"])})
            for side, femur in content["femora"].items()
        }
        return cls(**{**content, "femora": femora, "both": Scores(**content["both"])})
