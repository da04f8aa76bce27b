"""A trained classifier as the file that :class:`orthoai.tasks.disc.classify.Classifier` runs."""

from __future__ import annotations

from pathlib import Path

import torch
from orthoai.tasks.disc.classify import FEATURES, LOGITS, SLOPES
from orthoai.tasks.disc.crop import CROP_SHAPE
from torch import Tensor, nn

from orthoai_training.disc.classification.networks import DiscGrader
from orthoai_training.half_onnx import write_half

NETWORK_FILE = "classifier.onnx"
"""In the folder of a trained network."""


class _Explained(nn.Module):
    """A classifier that answers with what Grad-CAM needs, too."""

    def __init__(self, network: DiscGrader) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.network.explained(crops)


def export_grader(network: DiscGrader, target: Path) -> Path:
    """Write ``network`` to ``target`` (.onnx, float16 weights); any batch of crops of CROP_SHAPE."""
    example = torch.rand(2, 1, *CROP_SHAPE)
    return write_half(_Explained(network), example, target, "crops", [LOGITS, FEATURES, SLOPES])
