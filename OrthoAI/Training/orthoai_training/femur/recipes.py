"""How the networks are trained, as data.

PAPER follows Tables 2 and 3 of Xie et al., Scientific Reports 15:9198 (2025). COMPACT reaches the same kind of model in
a short GPU lease or a CPU night: smaller patches, a loss that also learns from patches without a femur, stronger
augmentation, averaged weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from orthoai.errors import InputError

from orthoai_training.femur.detector.recipe import COMPACT_DETECTOR, PAPER_DETECTOR, DetectorRecipe

Size = tuple[int, int, int]
Range = tuple[float, float]


@dataclass(frozen=True)
class Augmentation:
    """Random changes of one training patch. Each probability 0 turns its change off.

    Attributes:
        flip_probability: left-right mirror of image and mask.
        affine_probability, rotation_degrees, scale: small rotations about all axes (+-degrees) and one zoom factor.
        gain, offset_hu: contrast about 0 HU and brightness.
        noise_probability, noise_hu: Gaussian noise, standard deviation in HU.
        blur_probability: blends toward a 3x3x3 mean (blur) or away from it (sharpen).
    """

    flip_probability: float = 0.5
    affine_probability: float = 0.0
    rotation_degrees: float = 12.0
    scale: Range = (0.88, 1.14)
    gain: Range = (1.0, 1.0)
    offset_hu: Range = (0.0, 0.0)
    noise_probability: float = 0.0
    noise_hu: Range = (0.0, 40.0)
    blur_probability: float = 0.0


@dataclass(frozen=True)
class SegmenterRecipe:
    """Stage 2, or one of its comparators.

    Attributes:
        architecture: "segresnet" or "transunet".
        whole_volume: True trains on whole volumes (single stage), False on one crop per femur.
        patch: voxels (k, j, i) of a training patch and of an inference window.
        spacing_mm: voxel size (i, j, k) that crops are resampled to.
        intensity_range_hu: HU mapped to 0..1; what lies outside is clipped.
        epochs: at most; steps_per_epoch 0 means one patch per training crop.
        loss: "dice" or "dice_ce".
        learning_rate, weight_decay, warmup_steps: of AdamW with a cosine to 1 % of the rate.
        ema_decay: of the averaged weights that are validated and kept; 0 keeps the plain weights.
        validate_every: epochs between validations; validation_crops: held-out crops looked at each time.
        margin_mm: per face, the range of the random margin between the true box and the crop.
        crops_per_femur: crops cut from each training femur, each with its own margins.
        near_femur: share of patches centered on the femur's surface, the rest lie anywhere.
        hard_regions: share of those that lie at the hip or the knee end.
    """

    architecture: str = "segresnet"
    whole_volume: bool = False
    patch: Size = (160, 160, 160)
    batch: int = 4
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    intensity_range_hu: Range = (-100.0, 500.0)
    init_filters: int = 16
    blocks_down: tuple[int, ...] = (1, 2, 2, 4)
    blocks_up: tuple[int, ...] = (1, 1, 1)
    dropout: float = 0.2
    epochs: int = 300
    steps_per_epoch: int = 0
    loss: str = "dice"
    learning_rate: float = 1e-4
    weight_decay: float = 1e-5
    warmup_steps: int = 0
    gradient_clip: float = 12.0
    ema_decay: float = 0.0
    validate_every: int = 5
    validation_crops: int = 16
    margin_mm: Range = (0.0, 25.0)
    crops_per_femur: int = 1
    near_femur: float = 0.5
    hard_regions: float = 0.6
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class Recipe:
    """One whole run. ``validation_share`` and ``test_share`` are shares of subjects (or shapes)."""

    name: str
    detector: DetectorRecipe
    segmenter: SegmenterRecipe
    single_stage: SegmenterRecipe
    transunet: SegmenterRecipe
    validation_share: float = 0.08
    test_share: float = 0.07


_STRONG = Augmentation(
    affine_probability=0.4,
    # Old bone and low tube voltages differ by more than the simulated bones do.
    gain=(0.6, 1.2),
    offset_hu=(-40.0, 40.0),
    noise_probability=0.5,
    blur_probability=0.4,
)

_COMPACT = SegmenterRecipe(
    patch=(96, 96, 96),
    batch=1,
    dropout=0.0,
    epochs=200,
    steps_per_epoch=50,
    loss="dice_ce",
    learning_rate=1e-3,
    weight_decay=1e-4,
    warmup_steps=60,
    gradient_clip=2.0,
    ema_decay=0.99,
    # Four whole femora take half a minute on two cores: not too often.
    validate_every=8,
    validation_crops=4,
    crops_per_femur=1,
    near_femur=0.6,
    augmentation=_STRONG,
)

_PAPER = SegmenterRecipe()

PAPER = Recipe(
    name="paper",
    detector=PAPER_DETECTOR,
    segmenter=_PAPER,
    # "a higher maximum number of epochs is set to ensure convergence" (the paper gives no number).
    single_stage=SegmenterRecipe(whole_volume=True, epochs=600),
    transunet=SegmenterRecipe(architecture="transunet"),
)
"""Tables 2 and 3: YOLOv8 120 epochs, batch 32; SegResNet 300 epochs, batch 4, patch 160, Dice loss, dropout 0.2."""


COMPACT = Recipe(
    name="compact",
    detector=COMPACT_DETECTOR,
    segmenter=_COMPACT,
    single_stage=replace(_COMPACT, whole_volume=True),
    transunet=replace(_COMPACT, architecture="transunet", learning_rate=3e-4),
    validation_share=0.1,
    test_share=0.0,
)
"""About an hour on two cores with ``--minutes 60``; a few minutes on a GPU."""

RECIPES = {recipe.name: recipe for recipe in (PAPER, COMPACT)}


def get_recipe(name: str) -> Recipe:
    """The recipe ``name``; InputError lists the known ones."""
    if name not in RECIPES:
        raise InputError(f"There is no recipe named {name!r}: choose one of {', '.join(RECIPES)}.")
    return RECIPES[name]
