"""The network that draws a body's outline at the pixels' own resolution.

YOLOv8-seg draws masks on a grid four times coarser than its picture (3.2 mm here), on which the lips of a vertebral
body are lost, and heights with them. A small network sees each body once more, at 0.8 mm, beside the coarse mask that
says which body is meant, and gives the share of each pixel that is body.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

OUTLINE_SIZE = 80
"""Pixels along the side of what the network sees, 64 mm: a body and its discs."""

SLICES = 3
"""The body's own slice and its neighbors, which the network sees as channels; the coarse mask follows them."""

OUTPUT = "shares"


class OutlineNetwork(Protocol):
    """Shares of bodies; implemented by :class:`OnnxOutlines`."""

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """(B, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE) of 0..1, the last channel the mask, to shares (B, 1, ...)."""
        ...


class OnnxOutlines:
    """The output "shares" of an ONNX network that takes (B, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE)."""

    def __init__(self, file: Path) -> None:
        from orthoai.models.onnx_network import OnnxNetwork

        self._network = OnnxNetwork(file)

    @property
    def fits(self) -> bool:
        """Whether its input and its output are those of an outline network."""
        takes = self._network.input_shape[1:] == (SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE)
        return takes and OUTPUT in self._network.outputs

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._network(batch, (OUTPUT,))[0]
