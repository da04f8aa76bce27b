"""Self-training: what a first segmenter says of clinical pictures without masks, cleaned, as labels for the next one.

The masks of the set are of T2-SPACE volumes that show little but the spine. The mid-sagittal pictures of the same
training patients bring other scanners and sequences, the abdomen, and the black beyond the field of view.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from orthoai.tasks.disc.picture import normalized, resampled
from orthoai.tasks.disc.segment import SEGMENT_PIXEL_MM, SliceSegmenter
from orthoai.tasks.disc.spine import spine_region

from orthoai_training.disc.data.pictures import PictureCase
from orthoai_training.disc.segmentation.slices import IGNORED, LabeledSlices

SURE = 0.7
"""Share of the likeliest class below which a pixel of the spine teaches nothing."""


def pseudo_labeled(segmenter: SliceSegmenter, cases: Iterable[PictureCase]) -> list[LabeledSlices]:
    """One slice of SEGMENT_PIXEL_MM per picture, labeled by ``segmenter``."""
    found = []
    for case in cases:
        image = resampled(normalized(case.image), case.pixel_mm, SEGMENT_PIXEL_MM)
        labels = cleaned(segmenter.shares(np.stack([image] * 3)))
        found.append(LabeledSlices(image[None].astype(np.float16), labels[None]))
    return found


def cleaned(shares: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Labels (H, W) from class shares (classes, H, W): the spine, IGNORED where unsure, background everywhere else."""
    labels = shares.argmax(0).astype(np.uint8)
    spine = spine_region(labels[None], (SEGMENT_PIXEL_MM, SEGMENT_PIXEL_MM))[0]
    unsure = spine & (shares.max(0) < SURE)
    return np.where(unsure, IGNORED, np.where(spine, labels, 0)).astype(np.uint8)
