"""Centers of discs from a segmentation, for pictures whose discs have no boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from orthoai.tasks.disc.picture import PixelMm
from scipy import ndimage

from orthoai_training.disc.classification.samples import Center
from orthoai_training.disc.data.pictures import PictureCase

DISC = 2

SMALLEST_MM2 = 60.0
"""Area below which a piece of disc label is no disc; a lumbar disc shows some 300 mm2."""


def disc_centers(labels: NDArray[np.uint8], pixel_mm: PixelMm) -> list[Center]:
    """Centers of the discs in a slice's labels (H, W), from caudal upward."""
    pieces, count = ndimage.label(labels == DISC, np.ones((3, 3)))
    areas = np.bincount(pieces.ravel(), minlength=count + 1) * pixel_mm[0] * pixel_mm[1]
    large = [index for index in range(1, count + 1) if areas[index] >= SMALLEST_MM2]
    centers = ndimage.center_of_mass(pieces > 0, pieces, large) if large else []
    return sorted(((float(row), float(column)) for row, column in centers), reverse=True)


def matched(case: PictureCase, centers: Sequence[Center]) -> Mapping[int, Center]:
    """IVD label to center, only where as many discs were found as are graded: any other match would be a guess."""
    labels = [disc.ivd_label for disc in case.discs if disc.grading is not None and disc.ivd_label is not None]
    if len(labels) != len(centers):
        return {}
    return dict(zip(labels, centers, strict=True))
