"""How the network is trained: every number that changes its weights, as data."""

from __future__ import annotations

from dataclasses import dataclass

from orthoai.spine.stack import OVF_SIZE
from orthoai.tasks.ovf.labels import FRACTURES

from orthoai_training.detector.recipe import SegmentationRecipe

PAPER_COUNTS = (120, 198, 325)
"""Training pictures of crush, wedge and biconcave fractures (Yang et al. 2025, section 2.4)."""


@dataclass(frozen=True)
class OvfRecipe:
    """Pictures and hyperparameters.

    Attributes:
        yolo: the network and its optimizer.
        slices_per_case: slices that show bodies drawn of each training case with a fracture.
        normal_slices_per_case: the same of each case without one: far more vertebrae are whole than broken.
        empty_per_case: slices drawn of it that show none: ribs, pedicles and hips are no vertebral bodies.
        validation_slices: slices drawn of each validation case.
        gain, shift: random factor on the gray values, and gray levels added to them.
        noise: standard deviation of added noise in gray levels, at most.
        blur: standard deviation in pixels of a smooth kernel, at most: coarse reconstructions.
    """

    yolo: SegmentationRecipe
    slices_per_case: int = 8
    normal_slices_per_case: int = 4
    empty_per_case: int = 1
    validation_slices: int = 3
    gain: tuple[float, float] = (0.85, 1.15)
    shift: tuple[float, float] = (-12.0, 12.0)
    noise: float = 6.0
    blur: float = 0.8


PAPER = OvfRecipe(
    SegmentationRecipe(
        image_size=OVF_SIZE,
        epochs=300,
        batch=16,
        optimizer="AdamW",
        learning_rate=0.01,
        final_fraction=0.01,
        momentum=0.937,
        weight_decay=5e-5,
        warmup_epochs=3.0,
        nominal_batch=64,
        degrees=10.0,
        translate=0.1,
        scale=0.1,
        flip=0.5,
        mosaic=1.0,
        mosaic_off=0.1,
        brightness=0.4,
        mask_ratio=4,
        class_counts=PAPER_COUNTS,
    )
)
"""Yang et al. 2025, section 2.2: 300 epochs, batch 16, lr0 = lrf = 0.01 (lrf is a fraction of lr0 in ultralytics),
AdamW, weight decay 5e-5, mosaic for the first 90 %, horizontal flips, scale 10 %, rotation 10 degrees, and class
weights from its counts (section 2.4). Of what it leaves open, momentum, warm-up epochs, nominal batch, shift and mask
ratio are at YOLOv8's published defaults, and so is the gain on gray values (``hsv_v``).

Ours: no change of hue and saturation, since pictures are gray (defaults 0.015 and 0.7); the biases warm up from 0, not
from 0.1, which is far too much for AdamW; the rate falls along a cosine, not a line; and training goes on to the last
epoch, where that ends (``patience`` 100)."""

COMPACT = OvfRecipe(
    SegmentationRecipe(
        image_size=OVF_SIZE,
        epochs=40,
        batch=8,
        optimizer="AdamW",
        learning_rate=0.002,
        final_fraction=0.02,
        weight_decay=5e-4,
        warmup_epochs=0.5,
        nominal_batch=8,
        degrees=8.0,
        translate=0.06,
        scale=0.1,
        brightness=0.0,
        mask_ratio=2,
        weighted_classes=len(FRACTURES),
    )
)
"""For a CPU: no mosaic, whose pictures show no neighbors to compare a height with; no flips, since the front of the
body is always on the left; outlines in the loss at two pixels, since heights are measured on them; class weights from
the training data's own counts of fractures, with 1 for normal bodies. Gray values vary in the
pictures already (see :class:`OvfRecipe`)."""

RECIPES = {"compact": COMPACT, "paper": PAPER}
