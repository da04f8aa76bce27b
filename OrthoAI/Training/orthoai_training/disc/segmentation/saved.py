"""A trained segmenter as its run left it, for slices of any size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from orthoai_training.disc.segmentation.networks import build_segmenter
from orthoai_training.disc.segmentation.slices import resized, shrunk_size, with_neighbors
from orthoai_training.learning.precision import Precision
from orthoai_training.learning.run_folder import METRICS_FILE, WEIGHTS_FILE
from orthoai_training.text_files import read_json

BATCH = 4

MIDDLE = 1
"""Channel of the slice between its neighbors."""


@dataclass(frozen=True)
class SavedSegmenter:
    """A network in eval mode.

    Attributes:
        stride: its input sides are multiples of it.
        neighbor_step: as in :class:`orthoai_training.disc.segmentation.networks.Built`.
        shrink: how many times smaller it sees a slice.
        metrics: metrics.json of its run.
    """

    network: nn.Module
    stride: int
    neighbor_step: int
    shrink: float
    metrics: dict[str, Any]

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> SavedSegmenter:
        """From ``folder`` with metrics.json and weights.safetensors.

        Raises:
            InputError: one is missing, damaged or of another network.
        """
        metrics = read_json(folder / METRICS_FILE)
        try:
            recipe = metrics["recipe"]
            built, shrink = build_segmenter(recipe["architecture"]), float(recipe["shrink"])
            built.network.load_state_dict(load_file(folder / WEIGHTS_FILE))
        except (OSError, SafetensorError, RuntimeError, *JSON_ERRORS) as error:
            raise InputError(f"{folder} holds no trained segmenter, or a damaged one: train it again.") from error
        network = built.network.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
        return cls(network, built.stride, built.neighbor_step, shrink, metrics)

    @torch.no_grad()
    def shares(self, pictures: Tensor) -> Tensor:
        """Class shares (B, classes, H, W) float32 of ``pictures`` (B, 3, H, W), a slice between its neighbors."""
        if self.neighbor_step == 0:
            pictures = pictures[:, MIDDLE : MIDDLE + 1].expand_as(pictures)
        size = (pictures.shape[2], pictures.shape[3])
        small = shrunk_size(size, self.shrink)
        if small != size:
            pictures = resized(pictures, small)
        pad = (0, -small[1] % self.stride, 0, -small[0] % self.stride)
        padded = nn.functional.pad(pictures, pad).contiguous(memory_format=torch.channels_last)
        found = self.network(padded).float()[:, :, : small[0], : small[1]].softmax(1)
        return found if small == size else resized(found, size)

    def probabilities(self, image: NDArray, precision: Precision) -> NDArray[np.float32]:
        """Class shares (S, classes, H, W) of the normalized slices ``image`` (S, H, W)."""
        found = []
        for first in range(0, len(image), BATCH):
            indices = range(first, min(first + BATCH, len(image)))
            batch = np.stack([with_neighbors(image, index, self.neighbor_step) for index in indices])
            with precision.context():
                found.append(self.shares(torch.from_numpy(batch).to(precision.device)).cpu().numpy())
        return np.concatenate(found)
