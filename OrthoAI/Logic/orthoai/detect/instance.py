"""What an instance detector answers: a box with its outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.detector import Detection

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixel edges, as in :class:`orthoai.detect.detector.Detection`."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One thing in a picture, with its outline.

    Attributes:
        label: its most likely class.
        score: 0..1, the score of that class.
        box: x0, y0, x1, y1 in the picture's pixel edges.
        mask: bool (H, W), the size of the picture; False outside the box.
        class_scores: one score 0..1 per class, in class order. They do not sum to one.
    """

    label: str
    score: float
    box: Box
    mask: NDArray[np.bool_]
    class_scores: tuple[float, ...]

    @property
    def detection(self) -> Detection:
        """The same without its outline."""
        return Detection(self.label, self.score, *self.box)

    @property
    def area(self) -> int:
        """Pixels of the mask."""
        return int(np.count_nonzero(self.mask))
