"""Centers of discs from a segmentation, for pictures whose discs have no boxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from orthoai.tasks.disc.picture import PixelMm
from orthoai.tasks.disc.segment import SEGMENT_PIXEL_MM, SliceSegmenter
from scipy import ndimage

from orthoai_training.disc.classification.samples import Center
from orthoai_training.disc.data.pictures import PictureCase
from orthoai_training.disc.segmentation.pseudo import pseudo_labeled

DISC = 2

SMALLEST_MM2 = 60.0
"""Area below which a piece of disc label is no disc; a lumbar disc shows some 300 mm2."""


UNEVEN = 0.5
"""Share of the usual distance between two discs by which a step of a row may differ."""


def disc_centers(labels: NDArray[np.uint8], pixel_mm: PixelMm) -> list[Center]:
    """Centers of the discs in a slice's labels (H, W), from caudal upward."""
    pieces, count = ndimage.label(labels == DISC, np.ones((3, 3)))
    areas = np.bincount(pieces.ravel(), minlength=count + 1) * pixel_mm[0] * pixel_mm[1]
    large = [index for index in range(1, count + 1) if areas[index] >= SMALLEST_MM2]
    centers = ndimage.center_of_mass(pieces > 0, pieces, large) if large else []
    return sorted(((float(row), float(column)) for row, column in centers), reverse=True)


def located(segmenter: SliceSegmenter, cases: Iterable[PictureCase]) -> dict[int, Mapping[int, Center]]:
    """Patient to IVD label to center; an empty entry where the discs could not be matched with the grades."""
    found = {}
    for case in cases:
        (slices,) = pseudo_labeled(segmenter, [case])
        centers = disc_centers(slices.labels[0], (SEGMENT_PIXEL_MM, SEGMENT_PIXEL_MM))
        found[case.patient] = matched(case, [_in_picture(center, case.pixel_mm) for center in centers])
    return found


def matched(case: PictureCase, centers: Sequence[Center]) -> Mapping[int, Center]:
    """IVD label to center, counted from the sacrum upward; nothing where a disc may have been missed in between.

    Discs at the upper end may be found and not graded, or graded and not found: they do not shift the count.
    """
    labels = [disc.ivd_label for disc in case.discs if disc.grading is not None and disc.ivd_label is not None]
    if len(labels) != len(centers) and not _is_row(centers, case.pixel_mm):
        return {}
    return dict(zip(labels, centers, strict=False))


def _is_row(centers: Sequence[Center], pixel_mm: PixelMm) -> bool:
    """Whether discs follow each other at the distance of one vertebra, without a gap."""
    steps = np.linalg.norm(np.diff(np.reshape(centers, (-1, 2)) * pixel_mm, axis=0), axis=1)
    return len(steps) >= 2 and bool((abs(steps / np.median(steps) - 1) < UNEVEN).all())


def _in_picture(center: Center, pixel_mm: PixelMm) -> Center:
    """From pixels of SEGMENT_PIXEL_MM to a picture's; both begin at the same outer corner."""
    row, column = (
        (place + 0.5) * SEGMENT_PIXEL_MM / pixel - 0.5 for place, pixel in zip(center, pixel_mm, strict=True)
    )
    return row, column
