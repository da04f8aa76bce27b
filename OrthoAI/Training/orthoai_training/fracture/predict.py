"""What a torch network says of slices, during a training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from orthoai_training.segmenter.precision import Precision

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
