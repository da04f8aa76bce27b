"""A network's probabilities for every slice of a case."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from orthoai_training.disc.segmentation.slices import with_neighbors
from orthoai_training.learning.precision import Precision

BATCH = 4


@torch.no_grad()
def case_probabilities(
    network: nn.Module, image: NDArray, stride: int, precision: Precision, neighbor_step: int = 1
) -> NDArray[np.float32]:
    """Class shares (S, classes, H, W) of the normalized slices ``image`` (S, H, W); the network is left in eval mode.

    Args:
        stride: the network takes multiples of it; the slices are padded with zeros below and behind.
        neighbor_step: slices between a slice and the two shown beside it; 0 repeats the slice, as for a 2D picture.
    """
    network.eval()
    height, width = image.shape[1:]
    pad = ((0, 0), (0, 0), (0, -height % stride), (0, -width % stride))
    found = []
    for first in range(0, len(image), BATCH):
        indices = range(first, min(first + BATCH, len(image)))
        batch = np.pad(np.stack([with_neighbors(image, index, neighbor_step) for index in indices]), pad)
        with precision.context():
            logits = network(torch.from_numpy(batch).to(precision.device, memory_format=torch.channels_last))
        found.append(logits.float().softmax(1)[:, :, :height, :width].cpu().numpy())
    return np.concatenate(found)


def case_labels(
    network: nn.Module, image: NDArray, stride: int, precision: Precision, neighbor_step: int = 1
) -> NDArray[np.uint8]:
    """The most likely class (S, H, W) of every pixel."""
    return case_probabilities(network, image, stride, precision, neighbor_step).argmax(1).astype(np.uint8)
