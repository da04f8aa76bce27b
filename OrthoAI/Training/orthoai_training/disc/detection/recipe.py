"""How the two detectors are trained: every number that changes their weights, as data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from orthoai_training.detector.recipe import YoloRecipe
from orthoai_training.disc.detection.augment import SceneAugmentation


@dataclass(frozen=True)
class StageRecipe:
    """Pictures and hyperparameters of one stage.

    Attributes:
        yolo: the network and its optimizer.
        augmentation: how pictures stray from the plain ones.
        offsets_mm: which slices of a volume are drawn, from the mid-sagittal one.
        picture_variants, slice_variants: random pictures drawn of each boxed picture and of each volume slice, beside
            the plain one. Pictures get more: there is one per patient, and its scanners differ more.
    """

    yolo: YoloRecipe
    augmentation: SceneAugmentation = field(default_factory=SceneAugmentation)
    offsets_mm: tuple[float, ...] = (-7.2, -3.6, 0.0, 3.6, 7.2)
    picture_variants: int = 8
    slice_variants: int = 3


PAPER = StageRecipe(
    YoloRecipe(
        architecture="yolov8n",
        image_size=416,
        epochs=100,
        batch=8,
        optimizer="SGD",
        learning_rate=0.02,
        final_fraction=0.01,
        momentum=0.9,
        warmup_epochs=3.0,
        nominal_batch=64,
    ),
    SceneAugmentation(degrees=20.0),
)
"""Sayed et al. 2025, "ROI detection": 100 epochs, batch 8, SGD 0.9, rate 0.02, turns of 20 degrees. Their 400 px become
416, the next multiple of the network's stride; what they leave open is at YOLOv8's published default."""

COMPACT = StageRecipe(
    YoloRecipe(
        architecture="yolov8n",
        image_size=320,
        epochs=24,
        batch=8,
        optimizer="AdamW",
        learning_rate=0.001,
        final_fraction=0.02,
        warmup_epochs=1.0,
        nominal_batch=8,
        scale=0.1,
    )
)
"""About 2000 steps of 8 pictures at 320 px: a quarter of an hour on one core. AdamW for the reasons given at
:data:`orthoai_training.femur.detector.recipe.COMPACT_DETECTOR`; at 320 px a lumbar disc is still 15 px high."""

COMPACT_LUMBAR = replace(COMPACT, picture_variants=5, slice_variants=2)
"""One large box per picture is learned from fewer pictures."""
