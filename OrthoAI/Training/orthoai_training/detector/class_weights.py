"""How much each class weighs in a detector's loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def class_weights(counts: Sequence[float] | NDArray, classes: int) -> NDArray[np.float32]:
    """Inverse frequencies (classes,) with mean 1 over the classes that are counted.

    Args:
        counts: instances per class, in class order. A class that was never met, or lies beyond the last count, weighs
            1.
        classes: how many there are.

    Example:
        >>> [round(float(weight), 2) for weight in class_weights([120, 198, 325], 4)]
        [1.52, 0.92, 0.56, 1.0]
    """
    known = np.zeros(classes)
    known[: len(counts)] = counts
    weights = np.ones(classes, np.float32)
    met = known > 0
    if met.any():
        inverse = 1.0 / known[met]
        weights[met] = inverse / inverse.mean()
    return weights
