"""How the fracture networks are trained, as data.

PAPER follows Saeed et al. 2024, "Model Training Parameters": 150 epochs, batch 16, Adam 0.001, early stop after 5
epochs without improvement, learning rate times 0.4 when there is none. The paper names neither its loss nor its
augmentation. COMPACT makes the same kind of model on a CPU within a given time: smaller crops, a learning rate that
follows the clock, averaged weights, and the vertebral bodies as a second output that only training looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orthoai.errors import InputError

from orthoai_training.learning.slice_augmentation import SliceAugmentation

Range = tuple[float, float]

INTENSITY = SliceAugmentation(
    gamma=(0.8, 1.25),
    gain=(0.85, 1.15),
    offset=(-0.06, 0.06),
    curve_probability=0.0,
    bias_probability=0.0,
    noise_probability=0.5,
    noise=(0.0, 0.06),
    coarse_probability=0.25,
    coarse=(1.0, 2.5),
)
"""Gray values: brightness, noise and resolution; the geometry in it is not used."""


@dataclass(frozen=True)
class CropAugmentation:
    """Random changes of one training crop.

    Attributes:
        rotation_degrees: +-. zoom: of the anatomy.
        flip_probability: left-right mirror, for axial slices only: front and back are never exchanged.
        fracture_share, body_share: of crops that show a fracture or a body; the rest lies anywhere.
        intensity: None leaves the gray values.
    """

    rotation_degrees: float = 10.0
    zoom: Range = (0.9, 1.1)
    flip_probability: float = 0.5
    fracture_share: float = 0.5
    body_share: float = 0.35
    intensity: SliceAugmentation | None = INTENSITY


@dataclass(frozen=True)
class FractureRecipe:
    """One training run of one network.

    Attributes:
        name: "paper" or "compact"; also picks the networks' sizes.
        network: a name of :data:`orthoai_training.fracture.networks.NETWORKS`.
        crop: pixels (rows, columns) of a training crop, by plane; multiples of 32.
        epochs: at most; an epoch sees as many crops as there are training slices.
        steps: optimizer steps in place of the epochs; None leaves it to these.
        body_weight: of the loss of the vertebral bodies; 0 leaves the second output out.
        plateau_factor: of the learning rate after each epoch without a better Dice; 1 never.
        cosine: let the learning rate fall to 1 % along a cosine over the steps or the minutes.
        early_stop: validations without a better Dice after which the run ends; 0 never.
        ema_decay: of the averaged weights that are validated and kept; 0 keeps the plain weights.
        validate_every: steps between validations; 0 is once per epoch.
        validation_tiles: per validation case.
    """

    name: str
    network: str = "msff"
    crop: Mapping[str, tuple[int, int]] = field(default_factory=lambda: {"sagittal": (256, 256), "axial": (256, 256)})
    batch: int = 16
    epochs: int = 150
    steps: int | None = None
    learning_rate: float = 1e-3
    warmup_steps: int = 0
    body_weight: float = 0.0
    plateau_factor: float = 0.4
    cosine: bool = False
    early_stop: int = 5
    ema_decay: float = 0.0
    validate_every: int = 0
    validation_tiles: int = 12
    gradient_clip: float = 0.0
    augmentation: CropAugmentation = field(default_factory=CropAugmentation)


PAPER = FractureRecipe("paper")

COMPACT = FractureRecipe(
    "compact",
    # Along the spine, where a vertebra's neighbors are.
    crop={"sagittal": (224, 160), "axial": (160, 160)},
    batch=8,
    learning_rate=2e-3,
    warmup_steps=30,
    body_weight=0.5,
    plateau_factor=1.0,
    cosine=True,
    early_stop=0,
    ema_decay=0.99,
    validate_every=250,
    validation_tiles=8,
    gradient_clip=5.0,
)

RECIPES = {recipe.name: recipe for recipe in (PAPER, COMPACT)}


def get_recipe(name: str) -> FractureRecipe:
    """The recipe called ``name``. Raises InputError when there is none."""
    if name not in RECIPES:
        raise InputError(f"There is no recipe named {name!r}: choose one of {', '.join(RECIPES)}.")
    return RECIPES[name]
