"""How much each segmenter of an ensemble counts: the weights that do best on held-out slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orthoai_training.disc.segmentation.saved import SavedSegmenter
from orthoai_training.disc.segmentation.slices import LabeledSlices
from orthoai_training.learning.precision import choose_precision
from orthoai_training.train.weighting import STEPS, Weighting, search_dice

SEARCH_PIXELS = 40_000
"""Validation pixels on which ensemble weights are searched, drawn so that half show a structure."""


def ensemble_weights(
    folders: Sequence[Path], held_out: list[LabeledSlices], device: str = "auto", seed: int = 0, steps: int = STEPS
) -> Weighting:
    """The best weights of the networks in ``folders`` on a sample of the pixels of ``held_out``."""
    precision = choose_precision(device)
    picks = [_sample(case, SEARCH_PIXELS // len(held_out), seed) for case in held_out]
    truth = np.concatenate([case.labels.ravel()[pick] for case, pick in zip(held_out, picks, strict=True)])
    shares = []
    for folder in folders:
        network = SavedSegmenter.load(folder, precision.device)
        parts = []
        for case, pick in zip(held_out, picks, strict=True):
            found = network.probabilities(case.image, precision)
            parts.append(np.moveaxis(found, 1, -1).reshape(-1, found.shape[1])[pick])
        shares.append(np.concatenate(parts))
    return search_dice(np.stack(shares), truth.astype(np.int64), steps)


def _sample(case: LabeledSlices, count: int, seed: int) -> NDArray[np.int64]:
    """Flat indices of pixels, half of them on a structure."""
    random = np.random.default_rng(seed)
    labels = case.labels.ravel()
    halves = (np.flatnonzero(labels > 0), np.flatnonzero(labels == 0))
    return np.concatenate([random.choice(half, min(len(half), count // 2), replace=False) for half in halves])


def described(names: tuple[str, ...], weighting: Weighting) -> dict[str, Any]:
    """What ensemble.json says of the networks called ``names``."""
    return {key: value if isinstance(value, float) else value.tolist() for key, value in asdict(weighting).items()} | {
        "members": names
    }
