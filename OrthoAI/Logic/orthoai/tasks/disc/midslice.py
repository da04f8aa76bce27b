"""Which sagittal slice runs through the middle of the spine: the one in the middle of the canal, wherever that lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orthoai.tasks.disc.labels import CANAL, DISC

LEAST_SHARE = 0.25
"""Slices with less canal than this share of the fullest one do not count: a nerve root's foramen is no canal."""


def midslice(labels: NDArray[np.uint8]) -> int | None:
    """Index of the mid-sagittal slice of ``labels`` (S, H, W); None where no canal and no disc is seen.

    The canal is symmetric about the mid-sagittal plane, so its center of area across the slices is that plane, also
    when the series was not centered on the patient. Of a spine without a visible canal the discs are taken.
    """
    for value in (CANAL, DISC):
        areas = np.count_nonzero(labels == value, axis=(1, 2)).astype(float)
        if areas.any():
            areas[areas < LEAST_SHARE * areas.max()] = 0
            return round(float((areas * np.arange(areas.size)).sum() / areas.sum()))
    return None
