"""Where the discs are in one slice: stage A finds the lumbar region, stage B discs inside it (Sayed et al. 2025)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from orthoai.detect.detector import Detection, Detector
from orthoai.tasks.disc.picture import PixelMm, Slice, detector_picture, resampled_to

LUMBAR, DISC_CLASS = "lumbar", "disc"
"""Class names of the two detectors."""

REGION_GROWTH = 0.1
"""The region's width and height grow by this share in all (Sayed et al. 2025, "ROI cropping")."""

SQUARE = 0.02
"""Pixels whose sides differ by more than this share are made square first."""


@dataclass(frozen=True)
class Located:
    """What both stages found in a slice.

    Attributes:
        lumbar: the best lumbar region as detected, in pixel edges of the slice; None when there is none.
        discs: boxes in pixel edges of the slice, the best score first.
    """

    lumbar: Detection | None
    discs: tuple[Detection, ...] = ()

    @property
    def score(self) -> float:
        """Of everything together: how much this looks like a lumbar spine."""
        return (self.lumbar.score if self.lumbar else 0.0) + sum(disc.score for disc in self.discs)


def locate(
    image: Slice,
    pixel_mm: PixelMm,
    lumbar: Detector,
    discs: Detector,
    confidence: float,
    region: Detection | None = None,
) -> Located:
    """Lumbar region and discs of a normalized slice (H, W).

    Args:
        pixel_mm: (row, column), for pixels that are not square.
        lumbar, discs: stages A and B.
        confidence: smallest score that counts, of either.
        region: in pixel edges of the slice; given, stage A is skipped.
    """
    square, scale = square_pixels(image, pixel_mm)
    if region is None:
        found = [box for box in lumbar.detect(detector_picture(square)) if box.score >= confidence]
        best = max(found, key=lambda box: box.score, default=None)
    else:
        best = _scaled(region, 1 / scale[0], 1 / scale[1])
    if best is None:
        return Located(None)
    x0, y0, x1, y1 = grown(best, (square.shape[0], square.shape[1]))
    boxes = discs.detect(detector_picture(np.ascontiguousarray(square[y0:y1, x0:x1])))
    placed = [
        replace(box, x0=box.x0 + x0, x1=box.x1 + x0, y0=box.y0 + y0, y1=box.y1 + y0)
        for box in boxes
        if box.score >= confidence
    ]
    return Located(_scaled(best, *scale), tuple(_scaled(box, *scale) for box in placed))


def grown(region: Detection, shape: tuple[int, int], growth: float = REGION_GROWTH) -> tuple[int, int, int, int]:
    """``region`` grown by ``growth`` of its size, in whole pixels x0, y0, x1, y1 inside a slice of ``shape`` (H, W)."""
    height, width = shape
    dx, dy = growth / 2 * (region.x1 - region.x0), growth / 2 * (region.y1 - region.y0)
    x0, y0 = max(0, int(np.floor(region.x0 - dx))), max(0, int(np.floor(region.y0 - dy)))
    x1, y1 = min(width, int(np.ceil(region.x1 + dx))), min(height, int(np.ceil(region.y1 + dy)))
    return min(x0, width - 1), min(y0, height - 1), max(x1, x0 + 1), max(y1, y0 + 1)


def square_pixels(image: Slice, pixel_mm: PixelMm) -> tuple[Slice, tuple[float, float]]:
    """``image`` with square pixels, and slice pixels per pixel of it (rows, columns)."""
    side = min(pixel_mm)
    if max(pixel_mm) <= (1 + SQUARE) * side:
        return image, (1.0, 1.0)
    shape = (max(1, round(image.shape[0] * pixel_mm[0] / side)), max(1, round(image.shape[1] * pixel_mm[1] / side)))
    # Stretched to whole pixels, so that both cover the same field exactly.
    exact = (image.shape[0] * pixel_mm[0] / shape[0], image.shape[1] * pixel_mm[1] / shape[1])
    return resampled_to(image, pixel_mm, shape, exact), (image.shape[0] / shape[0], image.shape[1] / shape[1])


def _scaled(box: Detection, rows: float, columns: float) -> Detection:
    return replace(box, x0=box.x0 * columns, x1=box.x1 * columns, y0=box.y0 * rows, y1=box.y1 * rows)
