"""Average precision of 3D boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

COCO_THRESHOLDS = tuple(round(0.5 + 0.05 * n, 2) for n in range(10))
"""IoU 0.50, 0.55 ... 0.95."""

PAPER_THRESHOLD = 0.3
"""IoU of the paper's Table 4."""


@dataclass(frozen=True)
class Candidate:
    """One found box. ``iou`` is with the true box of the same label and subject, 0 when there is none."""

    score: float
    iou: float


@dataclass(frozen=True)
class LabelBoxes:
    """All boxes of one label over all subjects: what was found, and how many there truly are.

    A subject has at most one found and one true box per label, so each found box can only match that one.
    """

    candidates: Sequence[Candidate]
    truths: int

    def average_precision(self, threshold: float) -> float | None:
        """Area under precision over recall when a box counts as right from IoU >= ``threshold`` on.

        The boxes are taken by falling score. AP = sum over n of (R_n - R_(n-1)) * max(P_m for m >= n), where P_n and
        R_n are precision and recall of the first n boxes: the area under all points of the curve, not a sample of it.
        None when the label is nowhere to be found and nowhere found; 0 when it is only found.
        """
        if not self.truths:
            return 0.0 if self.candidates else None
        order = sorted(self.candidates, key=lambda box: -box.score)
        right = np.cumsum([box.iou >= threshold for box in order])
        if not len(right) or not right[-1]:
            return 0.0
        precision = right / np.arange(1, len(right) + 1)
        best_after = np.maximum.accumulate(precision[::-1])[::-1]
        return float((np.diff(right, prepend=0) * best_after).sum() / self.truths)


def mean_average_precision(labels: Mapping[str, LabelBoxes], thresholds: Sequence[float]) -> float | None:
    """AP averaged over labels, then over thresholds; None without any box."""
    found = [boxes.average_precision(threshold) for threshold in thresholds for boxes in labels.values()]
    defined = [value for value in found if value is not None]
    return float(np.mean(defined)) if defined else None
