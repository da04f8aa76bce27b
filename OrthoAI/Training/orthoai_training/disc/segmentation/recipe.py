"""How the slice segmenters are trained, as data.

paper_recipe follows Sayed et al. 2025, "Segmentation": 30 epochs, batch 3, Adam 0.003, early stop 10, Dice + focal
loss, 400 x 400 pictures, rotation, brightness, flip and shift. COMPACT trains the shipped network on little hardware
and varies contrast, bias field, noise and resolution, because other scanners must work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from orthoai_training.learning.slice_augmentation import SliceAugmentation

PAPER_AUGMENTATION = SliceAugmentation(
    zoom=(1.0, 1.0),
    stretch=0.0,
    shift=0.1,
    flip_probability=0.5,
    gamma=(1.0, 1.0),
    gain=(1.0, 1.0),
    offset=(-0.2, 0.2),
    curve_probability=0.0,
    bias_probability=0.0,
    noise_probability=0.0,
    coarse_probability=0.0,
    single_probability=1.0,
)
"""Rotation, brightness, flip and shift of single slices."""


@dataclass(frozen=True)
class SliceRecipe:
    """One training run of one slice segmenter.

    Attributes:
        architecture: "compact" or a name of :data:`orthoai_training.disc.segmentation.networks.PAPER_GRID`.
        crop: pixels (rows, columns) of a training crop.
        shrink: how many times smaller slices are made before the network sees them.
        epochs: at most; an epoch sees as many crops as there are training slices.
        loss: "dice_focal", or "cross_entropy" for the ablation of the paper's Table 1.
        cosine: let the learning rate fall to 1 % along a cosine; constant otherwise, as in the paper.
        early_stop: validations without a better Dice after which the run ends; 0 never.
        ema_decay: of the averaged weights that are validated and kept; 0 keeps the plain weights.
        validate_every: steps between validations; 0 is once per epoch.
        pretrained: ask for ImageNet weights of the encoder; without a network the run starts from scratch and says so.
        distill: share of the loss that follows a teacher's probabilities instead of the masks.
    """

    architecture: str = "compact"
    crop: tuple[int, int] = (256, 192)
    shrink: float = 1.0
    batch: int = 8
    epochs: int = 60
    loss: str = "dice_focal"
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 50
    cosine: bool = True
    early_stop: int = 0
    ema_decay: float = 0.99
    validate_every: int = 150
    gradient_clip: float = 5.0
    pretrained: bool = False
    distill: float = 0.0
    augmentation: SliceAugmentation = field(default_factory=SliceAugmentation)


COMPACT = SliceRecipe()

DISTILLED = replace(COMPACT, distill=0.5)
"""Half of what the compact network learns comes from the masks, half from a teacher."""


STRIDE = 32
"""The sides of what the paper's networks see are multiples of it."""

PAPER_PIXELS = 416
"""The paper's 400, as a multiple of the stride."""

PAPER_EPOCHS = 30


def paper_recipe(
    architecture: str,
    loss: str = "dice_focal",
    pretrained: bool = True,
    pixels: int = PAPER_PIXELS,
    epochs: int = PAPER_EPOCHS,
) -> SliceRecipe:
    """The paper's recipe for one network of its grid, reduced by fewer ``epochs`` and smaller pictures.

    Args:
        pixels: the longer side of what the network sees, a multiple of 32. Slices are made smaller in proportion, so
            that they still fit; the side from front to back, which a slice fills to a half, is halved.
    """
    columns = pixels if pixels == PAPER_PIXELS else STRIDE * math.ceil(pixels / 2 / STRIDE)
    return SliceRecipe(
        architecture=architecture,
        crop=(pixels, columns),
        shrink=PAPER_PIXELS / pixels,
        batch=3,
        epochs=epochs,
        loss=loss,
        learning_rate=3e-3,
        weight_decay=0.0,
        warmup_steps=0,
        cosine=False,
        early_stop=10,
        ema_decay=0.0,
        validate_every=0,
        pretrained=pretrained,
        augmentation=PAPER_AUGMENTATION,
    )
