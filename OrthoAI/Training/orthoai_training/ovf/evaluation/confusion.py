"""Which class is taken for which, as ultralytics' confusion matrix counts it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from orthoai.tasks.ovf.labels import CLASSES

from orthoai_training.ovf.evaluation.matching import PictureAnswer

CONFIDENCE, IOU = 0.25, 0.45
"""Ultralytics' own."""

NAMES = (*CLASSES, "background")
"""Of rows and columns."""


def confusion_matrix(answers: Sequence[PictureAnswer], confidence: float = CONFIDENCE) -> NDArray[np.int64]:
    """Instances by (found class, true class), one row and column more for the background.

    Found instances of at least ``confidence`` take true ones of any class by falling box IoU; what is left was missed
    (last row) or is not there (last column).
    """
    table = np.zeros((len(NAMES), len(NAMES)), np.int64)
    for answer in answers:
        iou = np.where((answer.scores >= confidence)[:, None], answer.box_iou, 0.0)
        found = {int(row) for row in np.flatnonzero(answer.scores >= confidence)}
        true = set(range(len(answer.true_kinds)))
        for flat in np.argsort(-iou, axis=None, kind="stable"):
            row, column = (int(n) for n in np.unravel_index(int(flat), iou.shape))
            if iou[row, column] < IOU:
                break
            if row in found and column in true:
                table[answer.found_kinds[row], answer.true_kinds[column]] += 1
                found.discard(row)
                true.discard(column)
        for row in found:
            table[answer.found_kinds[row], -1] += not answer.ignored[row]
        for column in true:
            table[-1, answer.true_kinds[column]] += 1
    return table
