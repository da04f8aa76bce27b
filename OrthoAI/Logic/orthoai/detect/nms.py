"""Keeping one box per structure among the many that a detector answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def non_maximum_suppression(
    edges: NDArray, scores: NDArray, classes: NDArray, iou_limit: float, most: int = 300
) -> NDArray[np.intp]:
    """Indices of the boxes to keep, the best score first.

    A box is dropped when a kept one of the same class with a higher score overlaps it by more than ``iou_limit``.

    Args:
        edges: (N, 4) x0, y0, x1, y1.
        scores: (N,) 0..1; equal scores keep their order.
        classes: (N,) class numbers; boxes of different classes never drop each other.
        iou_limit: intersection over union, 0..1.
        most: boxes to keep at most, over all classes.
    """
    boxes = np.asarray(edges, np.float64).reshape(-1, 4)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    waiting = np.argsort(-np.asarray(scores), kind="stable")
    kept: list[int] = []
    while waiting.size and len(kept) < most:
        best, waiting = int(waiting[0]), waiting[1:]
        kept.append(best)
        low = np.maximum(boxes[waiting, :2], boxes[best, :2])
        high = np.minimum(boxes[waiting, 2:], boxes[best, 2:])
        overlap = np.clip(high - low, 0, None).prod(axis=1)
        union = areas[waiting] + areas[best] - overlap
        same = np.asarray(classes)[waiting] == classes[best]
        # overlap > limit * union, not a quotient: two boxes without area have no union to divide by.
        waiting = waiting[~(same & (overlap > iou_limit * union))]
    return np.array(kept, np.intp)
