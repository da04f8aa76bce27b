"""EigenCAM: where a network's last features differ most from their mean (Muhammad & Yeasin 2020)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def eigen_cam(features: NDArray[np.float32], inside: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    """The first principal component of ``features`` (C, h, w) as a map (h, w), 0..1; all 0 where they are flat.

    Args:
        features: of one picture.
        inside: bool (h, w), where something was found: the component's sign is chosen so that it is bright there.
    """
    channels, height, width = features.shape
    flat = features.reshape(channels, -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(flat @ flat.T)
    if values[-1] <= 1e-12:
        return np.zeros((height, width), np.float32)
    found = (vectors[:, -1] @ flat).reshape(height, width)
    # The sign of a component is arbitrary.
    if inside is not None and inside.any() and not inside.all():
        is_bright = found[inside].mean() >= found[~inside].mean()
    else:
        is_bright = found.max() >= -found.min()
    bright = np.maximum(found if is_bright else -found, 0)
    return (bright / bright.max()).astype(np.float32)
