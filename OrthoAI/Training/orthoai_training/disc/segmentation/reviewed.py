"""Reviewed masks as training slices: a structure that a mask leaves out is not learned as background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from orthoai.tasks.disc.picture import normalized, resampled
from orthoai.tasks.disc.segment import SEGMENT_PIXEL_MM

from orthoai_training.disc.data.reviewed import ReviewedCase
from orthoai_training.disc.segmentation.dice import STRUCTURES
from orthoai_training.disc.segmentation.evaluate import labels_at
from orthoai_training.disc.segmentation.slices import IGNORED, LabeledSlices

REACH_MM = 3.6
"""From a slice to the farthest one that a crop shows beside it, as the recipe has it for slices of 0.9 mm."""


def reviewed_slices(case: ReviewedCase) -> LabeledSlices | None:
    """All slices of ``case`` with pixels of SEGMENT_PIXEL_MM; None where nothing is marked, which teaches nothing.

    Where a structure is marked nowhere, it may be anywhere that is not marked: no loss looks there.
    """
    if not case.labels.any():
        return None
    image = np.stack([resampled(normalized(plane), case.pixel_mm, SEGMENT_PIXEL_MM) for plane in case.image])
    labels = labels_at(case.labels, case.pixel_mm, (SEGMENT_PIXEL_MM, SEGMENT_PIXEL_MM))
    if not _marks_all(case.labels):
        labels = np.where(labels == 0, IGNORED, labels).astype(np.uint8)
    return LabeledSlices(image.astype(np.float16), labels, max(1, round(REACH_MM / case.slice_mm)))


def validating_slices(case: ReviewedCase) -> LabeledSlices | None:
    """As :func:`reviewed_slices`, of a case that tells its background: without that no Dice can be told."""
    slices = reviewed_slices(case)
    return slices if slices is not None and tells_background(slices) else None


def tells_background(slices: LabeledSlices) -> bool:
    """Whether every structure is marked in ``slices``, so that the rest is background."""
    return _marks_all(slices.labels)


def _marks_all(labels: NDArray[np.uint8]) -> bool:
    return bool(np.isin(list(STRUCTURES), labels).all())
