"""How the femur detector is trained: every number that changes the weights, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from orthoai_training.dataset import FEMUR_LABELS
from orthoai_training.detector.recipe import YoloRecipe
from orthoai_training.femur.detector.augment import ViewRecipe

LABELS = tuple(FEMUR_LABELS.values())
"""Class names in class order: class 0 is femur_left (label value 1), class 1 is femur_right (label value 2)."""


@dataclass(frozen=True)
class DetectorRecipe(YoloRecipe):
    """The femur detector's training: the class carries the side, and pictures are drawn from cases (``views.py``).

    Attributes:
        views_per_case: random fields of view drawn of each training case, each a coronal and one or two axial pictures.
        views: how the training pictures are varied.
    """

    views_per_case: int = 4
    views: ViewRecipe = field(default_factory=ViewRecipe)


PAPER_DETECTOR = DetectorRecipe(
    image_size=640,
    epochs=120,
    batch=32,
    optimizer="SGD",
    learning_rate=0.01,
    final_fraction=0.01,
    momentum=0.937,
    warmup_epochs=3.0,
    nominal_batch=64,
)
"""Xie et al. 2025, Table 2: 120 epochs, batch 32. Of what the paper leaves open, the input size, the rates of SGD, the
nominal batch and the warm-up are at YOLOv8's published defaults.

Ours, as in the compact recipe: no flips, since the class is the side (default 0.5); no mosaic, since a picture is one
full frame (1.0), and no color changes, since it is gray; little shift and zoom, since fields of view and sizes vary in
the pictures already (``translate`` 0.1, ``scale`` 0.5); the rate falls along a cosine (a line), and training goes on to
its last epoch, where that ends (``patience`` 100)."""

COMPACT_DETECTOR = DetectorRecipe()
"""About 900 steps of 16 pictures at 416 px (480 pictures, 30 epochs): ten minutes on two cores with AVX512-BF16.

Why these numbers: so few steps leave no room for SGD's slow start from random weights, so AdamW at the rate that
ultralytics itself picks for short runs (0.002 * 5 / (4 + classes), rounded up). ``nominal_batch`` equals ``batch``:
ultralytics' default of 64 would update the weights only at every fourth step, 225 times in all. The cosine ends near
zero so that the last epochs settle the box edges, and patience is out of reach so that it always gets there. At 416 px
a pixel of a full-leg coronal picture is about 3 mm and of an axial one about 1 mm, well inside the crop's margin.
"""
