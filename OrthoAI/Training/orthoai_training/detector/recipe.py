"""How a YOLO network is trained: every number that changes the weights, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class YoloRecipe:
    """Hyperparameters of one detector training, whatever its pictures show.

    Flips, mosaic and color changes are not offered: sides and up and down are known, a picture is one full frame, and
    it is gray. Crops, contrast and noise are already in the pictures.

    Attributes:
        architecture: model configuration that ultralytics ships, such as "yolov8n".
        image_size: side in pixels of the square network input; a multiple of 32.
        epochs, batch: passes over the data set, pictures per step.
        optimizer, learning_rate, final_fraction, momentum, weight_decay: final_fraction is the last learning rate
            over the first one, reached along a cosine. ``momentum`` is beta1 for AdamW.
        warmup_epochs: epochs in which the learning rate rises from zero.
        nominal_batch: ultralytics gathers gradients over ``nominal_batch / batch`` steps before it updates.
        degrees, translate, scale: random rotation (degrees), shift and zoom (fractions) in the training loader. No
            rotation: it turns a box's corners and takes the box around them, so that 3 degrees taught the detector
            boxes that are 2 mm too wide on every side.
        patience: epochs without a better validation figure after which training ends.
        workers: processes that load pictures for a GPU; on a CPU the training process loads them itself.
    """

    architecture: str = "yolov8n"
    image_size: int = 416
    epochs: int = 30
    batch: int = 16
    optimizer: str = "AdamW"
    learning_rate: float = 0.002
    final_fraction: float = 0.02
    momentum: float = 0.9
    weight_decay: float = 0.0005
    warmup_epochs: float = 2.0
    nominal_batch: int = 16
    degrees: float = 0.0
    translate: float = 0.05
    scale: float = 0.15
    patience: int = 1000
    workers: int = 4


@dataclass(frozen=True)
class SegmentationRecipe(YoloRecipe):
    """Hyperparameters of a network that outlines what it finds, such as "yolov8n-seg".

    Its outlines turn with the picture, so that boxes stay tight under rotation.

    Attributes:
        flip: how often a picture is mirrored left to right.
        mosaic: how often four pictures are joined to one; off for the last ``mosaic_off`` of the epochs.
        brightness: random gain on the gray values, as a fraction.
        mask_ratio: input pixels per pixel of the outlines in the loss; 4 is the network's own, smaller ones teach
            finer edges and take longer.
        class_counts: instances per class, in class order, from which the loss's class weights are made: inverse
            frequencies with mean 1. Classes beyond the last count weigh 1. Empty takes the training data's own counts.
        weighted_classes: of the data's own counts only so many classes, the first ones, are weighed.
    """

    architecture: str = "yolov8n-seg"
    flip: float = 0.0
    mosaic: float = 0.0
    mosaic_off: float = 0.1
    brightness: float = 0.0
    mask_ratio: int = 4
    class_counts: tuple[int, ...] = ()
    weighted_classes: int | None = None
