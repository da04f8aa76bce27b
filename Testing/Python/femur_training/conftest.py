"""Small crops whose answer is known, and a recipe that learns them in seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai_training.femur.recipes import Augmentation, SegmenterRecipe
from orthoai_training.femur.segmenter.crop_store import save_crop

MakeCrops = Callable[..., Path]


def rod(shape: tuple[int, int, int], radius: float, seed: int) -> tuple[NDArray, NDArray]:
    """(HU, mask) of a bright upright rod in soft tissue with noise, at a random place."""
    rng = np.random.default_rng(seed)
    k, j, i = np.mgrid[: shape[0], : shape[1], : shape[2]]
    j0, i0 = rng.uniform(0.35, 0.65, 2) * shape[1:]
    mask = ((j - j0) ** 2 + (i - i0) ** 2 < radius**2) & (k >= 4) & (k < shape[0] - 4)
    return np.where(mask, 400.0, 40.0) + rng.normal(0, 15, shape), mask


@pytest.fixture
def make_crops(tmp_path: Path) -> MakeCrops:
    """Write ``train`` and ``validation`` rods; returns the folder of crops."""

    def make(train: int = 3, validation: int = 1, shape: tuple[int, int, int] = (40, 32, 28)) -> Path:
        folder = tmp_path / "crops"
        for subset, count in (("train", train), ("validation", validation)):
            for number in range(count):
                image, mask = rod(shape, 6.0, seed=number + (100 if subset == "validation" else 0))
                save_crop(folder / subset / f"rod_{number}", image, mask, {"case": f"rod_{number}"})
        return folder

    return make


@pytest.fixture
def tiny() -> SegmenterRecipe:
    """A SegResNet of two levels on patches of 24 voxels."""
    return replace(
        SegmenterRecipe(),
        patch=(24, 24, 24),
        batch=2,
        init_filters=8,
        blocks_down=(1, 1),
        blocks_up=(1,),
        dropout=0.1,
        loss="dice_ce",
        learning_rate=1e-2,
        epochs=2,
        steps_per_epoch=30,
        validate_every=1,
        ema_decay=0.8,
        augmentation=Augmentation(affine_probability=0.3, noise_probability=0.5, blur_probability=0.3),
    )
