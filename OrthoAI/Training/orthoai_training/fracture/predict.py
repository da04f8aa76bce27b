"""What a torch network says of slices, during a training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.detect.tiles import tiles
from orthoai.spine.stack import FRACTURE_SIZE
from orthoai.tasks.fracture.planes import OVERLAP
from torch import nn

from orthoai_training.learning.precision import Precision

BATCH = 4


@torch.no_grad()
def tile_probabilities(
    network: nn.Module, pictures: NDArray[np.uint8], precision: Precision
) -> Iterator[NDArray[np.float32]]:
    """Fracture probability (H, W) of each of ``pictures`` (T, H, W), whose sides fit the network."""
    network.eval()
    for first in range(0, len(pictures), BATCH):
        batch = torch.from_numpy(pictures[first : first + BATCH]).to(precision.device)[:, None].float() / 255
        with precision.context():
            logits = network(batch.to(memory_format=torch.channels_last))
        yield from torch.sigmoid(logits[:, 0].float()).cpu().numpy()


def slice_probabilities(network: nn.Module, pictures: NDArray[np.uint8], precision: Precision) -> NDArray[np.float32]:
    """Fracture probability (S, H, W) of slices of any size."""
    shape = (pictures.shape[1], pictures.shape[2])
    places = tiles(shape, FRACTURE_SIZE, OVERLAP)
    cut = np.stack([tile.cut(picture) for picture in pictures for tile in places])
    answers = tile_probabilities(network, cut, precision)
    total, count = np.zeros(pictures.shape, np.float32), np.zeros(shape, np.float32)
    for number in range(len(pictures)):
        for tile in places:
            there, here = tile.shared(shape)
            total[number][there] += next(answers)[here]
            count[there] += number == 0
    return total / count
