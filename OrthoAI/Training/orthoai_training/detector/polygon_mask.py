"""Polygons as masks: a pixel belongs to it when its center lies inside.

ultralytics rounds the corners down to whole pixels and paints the outline as well, so that its masks are half a pixel
larger on every side: a vertebra's height would come out a pixel too large.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def polygon_mask(
    shape: tuple[int, int], polygons: Sequence[NDArray], color: int = 1, downsample_ratio: int = 1
) -> NDArray[np.uint8]:
    """``polygons`` filled with ``color`` by the even-odd rule; takes the place of ultralytics' polygon2mask.

    Args:
        shape: (H, W) of the picture.
        polygons: each (2 N,) or (N, 2) corners x, y in pixel edges of the picture.
        downsample_ratio: the mask has (H // ratio, W // ratio) pixels.

    Example:
        >>> polygon_mask((2, 4), [np.array([0.6, 0, 2.6, 0, 2.6, 2, 0.6, 2])]).tolist()
        [[0, 1, 1, 0], [0, 1, 1, 0]]
    """
    height, width = shape[0] // downsample_ratio, shape[1] // downsample_ratio
    crossings = np.zeros((height, width + 1), np.int32)
    for polygon in polygons:
        corners = np.asarray(polygon, np.float64).reshape(-1, 2) / downsample_ratio
        x0, y0 = corners.T
        x1, y1 = np.roll(corners, -1, axis=0).T
        first = int(np.clip(np.floor(y0.min()), 0, height))
        centers = np.arange(first, int(np.clip(np.ceil(y0.max()), first, height))) + 0.5
        rows, edges = np.nonzero((y0 <= centers[:, None]) != (y1 <= centers[:, None]))
        part = (centers[rows] - y0[edges]) / (y1[edges] - y0[edges])
        at = x0[edges] + part * (x1[edges] - x0[edges])
        # From the first pixel whose center lies right of the edge on, one more edge was crossed.
        columns = np.clip(np.ceil(at - 0.5), 0, width).astype(np.intp)
        np.add.at(crossings, (rows + first, columns), 1)
    inside = np.cumsum(crossings[:, :width], axis=1) % 2
    return (inside * color).astype(np.uint8)
