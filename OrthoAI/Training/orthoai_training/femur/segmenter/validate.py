"""Dice of a network on held-out crops."""

from __future__ import annotations

import numpy as np
import torch
from monai.inferers import sliding_window_inference
from orthoai.progress import Progress

from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.augment import normalize
from orthoai_training.femur.segmenter.crop_store import Crop
from orthoai_training.learning.precision import Precision

OVERLAP = 0.125
"""Of neighboring windows; less than at inference, since only the order of validations matters here."""


@torch.inference_mode()
def segment_crop(
    network: torch.nn.Module, crop: Crop, recipe: SegmenterRecipe, precision: Precision, progress: Progress
) -> np.ndarray:
    """Femur mask (K, J, I) bool of a crop, from windows of the recipe's patch size."""

    def predict(window: torch.Tensor) -> torch.Tensor:
        progress.check()
        with precision.context():
            return network(window.contiguous(memory_format=precision.layout)).float()

    image = torch.from_numpy(np.array(crop.image))[None, None].to(precision.device)
    image = normalize(image.float(), recipe.intensity_range_hu)
    logits = sliding_window_inference(image, recipe.patch, recipe.batch, predict, overlap=OVERLAP, mode="gaussian")
    assert isinstance(logits, torch.Tensor)
    return (logits[0, 1] > logits[0, 0]).cpu().numpy()


def mean_dice(
    network: torch.nn.Module, crops: list[Crop], recipe: SegmenterRecipe, precision: Precision, progress: Progress
) -> float:
    """Mean Dice over ``crops``; an empty crop counts 1 when nothing is found in it."""
    network.eval()
    return float(np.mean([dice(segment_crop(network, crop, recipe, precision, progress), crop.mask) for crop in crops]))


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    """2 |A and B| / (|A| + |B|); 1 when both are empty."""
    found, truth = found.astype(bool), truth.astype(bool)
    total = int(found.sum()) + int(truth.sum())
    return 2 * int((found & truth).sum()) / total if total else 1.0
