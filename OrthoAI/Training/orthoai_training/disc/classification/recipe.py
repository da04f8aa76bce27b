"""How the disc classifiers are trained, as data.

paper_recipe follows Sayed et al. 2025, "Classification": a backbone with two dense layers and dropout 0.2, its head
trained first at a rate of 0.001, then all of it at 0.0001; 35 epochs, batch 5, class weights, early stop 10, pictures
of 400 x 400.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Range = tuple[float, float]


@dataclass(frozen=True)
class CropAugmentation:
    """Random changes of one disc crop; a probability or a range of nothing turns a change off.

    Attributes:
        rotation_degrees, zoom, shift_mm: of the window about the disc's center; shift per axis.
        flip_probability: upside-down mirror: front and back stay, which side bulges matters.
        gamma, gain, offset, noise: of the gray values in 0..1; noise is a standard deviation.
        blur_probability: of losing half of the resolution.
    """

    rotation_degrees: float = 12.0
    zoom: Range = (0.85, 1.18)
    shift_mm: float = 3.0
    flip_probability: float = 0.3
    gamma: Range = (0.75, 1.35)
    gain: Range = (0.8, 1.25)
    offset: Range = (-0.08, 0.08)
    noise: Range = (0.0, 0.05)
    blur_probability: float = 0.2


PAPER_AUGMENTATION = CropAugmentation(
    zoom=(1.0, 1.0), gamma=(1.0, 1.0), gain=(1.0, 1.0), offset=(-0.2, 0.2), noise=(0.0, 0.0), blur_probability=0.0
)
"""Rotation, brightness, flip and shift."""


@dataclass(frozen=True)
class GraderRecipe:
    """One training run of one classifier.

    Attributes:
        architecture: "compact" or a name of :data:`orthoai_training.disc.classification.networks.PAPER_BACKBONES`.
        input_size: pixels (rows, columns) that the network enlarges a crop to.
        hidden, dropout: of the head's first dense layer.
        feature_epochs, feature_rate: the head alone, on a frozen backbone; 0 epochs where all of it is trained at once.
        epochs, learning_rate: of the whole network after that. 0 epochs is the ablation without fine-tuning.
        cosine: let the learning rate of the second part fall to nothing.
        largest_weight: limit of a class weight, so that a handful of herniations does not rule.
        early_stop: epochs without a better validation after which a part ends; 0 never.
        volume_share: share of an epoch's crops that come from 3D volumes, where there are some.
        pretrained: ask for ImageNet weights; without a network the run starts from scratch and says so.
    """

    architecture: str = "compact"
    input_size: tuple[int, int] = (80, 128)
    hidden: int = 64
    dropout: float = 0.2
    feature_epochs: int = 0
    feature_rate: float = 1e-3
    epochs: int = 40
    learning_rate: float = 2e-3
    cosine: bool = True
    weight_decay: float = 1e-3
    batch: int = 32
    largest_weight: float = 8.0
    early_stop: int = 0
    volume_share: float = 0.25
    pretrained: bool = False
    augmentation: CropAugmentation = field(default_factory=CropAugmentation)


COMPACT = GraderRecipe()


PAPER_PIXELS = 400

PAPER_EPOCHS = 35


def paper_recipe(
    architecture: str,
    fine_tuning: bool = True,
    pretrained: bool = True,
    pixels: int = PAPER_PIXELS,
    epochs: int = PAPER_EPOCHS,
) -> GraderRecipe:
    """The paper's recipe for one backbone; half of the ``epochs`` train the head, half fine-tune.

    Fewer ``pixels`` (of the input's side) and ``epochs`` reduce it.
    """
    head = epochs // 2 if fine_tuning else epochs
    return GraderRecipe(
        architecture=architecture,
        input_size=(pixels, pixels),
        hidden=256,
        feature_epochs=head,
        epochs=epochs - head,
        learning_rate=1e-4,
        cosine=False,
        weight_decay=0.0,
        batch=5,
        early_stop=10,
        volume_share=0.0,
        pretrained=pretrained,
        augmentation=PAPER_AUGMENTATION,
    )
