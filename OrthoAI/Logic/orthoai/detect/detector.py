"""What a detector is, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Detection:
    """One box in a picture.

    Attributes:
        label: structure name, such as "femur_left".
        score: 0..1.
        x0, y0, x1, y1: pixel edges: x to the right, y down, 0 is the outer edge of the first pixel and W (or H) the
            outer edge of the last one, so a box around the single pixel n runs from n to n + 1.
    """

    label: str
    score: float
    x0: float
    y0: float
    x1: float
    y1: float

    def iou(self, other: Detection) -> float:
        """Intersection over union, whatever the labels."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        if width <= 0 or height <= 0:
            return 0.0
        own = (self.x1 - self.x0) * (self.y1 - self.y0)
        others = (other.x1 - other.x0) * (other.y1 - other.y0)
        return width * height / (own + others - width * height)


class Detector(Protocol):
    """Anything that finds labeled boxes in a gray picture."""

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Boxes in ``image`` (H, W), the best score first; empty when nothing is found."""
        ...
