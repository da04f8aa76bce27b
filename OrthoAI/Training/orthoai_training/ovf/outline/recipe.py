"""How the outline network is trained: every number that changes its weights, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OutlineRecipe:
    """Samples and hyperparameters.

    Attributes:
        slices_per_body: of each body of a training case; validation_slices of one of a validation case.
        degrees, zoom, shift: a view is turned by so many degrees at most, zoomed by this share, moved by these pixels.
        gain, level, noise: gray values 0..1 are multiplied and shifted; noise is a standard deviation, at most.
    """

    steps: int = 20_000
    batch: int = 24
    learning_rate: float = 2e-3
    warmup_steps: int = 50
    ema_decay: float = 0.998
    gradient_clip: float = 1.0
    validate_every: int = 250
    slices_per_body: int = 4
    validation_slices: int = 3
    degrees: float = 8.0
    zoom: float = 0.1
    shift: float = 4.0
    gain: tuple[float, float] = (0.85, 1.15)
    level: tuple[float, float] = (-0.05, 0.05)
    noise: float = 0.025


OUTLINE = OutlineRecipe()
