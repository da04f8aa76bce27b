"""Projections as the 8-bit pictures that a detector looks at, and the way back from a picture to voxels.

Picture coordinates are pixel edges: x to the right and y down from the outer corner, so that pixel (row, col) covers
col..col + 1 and row..row + 1. Projection coordinates are indices, as in a Box: element n covers n - 0.5..n + 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.drr.parallel import ParallelDrrs

PATH_SCALE_MM = 40.0
"""Path through dense bone after which a picture has reached 63 % of full brightness."""

WHOLE = 1e-6
"""Part of a pixel that counts as rounding when pixels are counted."""


@dataclass(frozen=True)
class DrrImage:
    """A picture of a projection.

    Attributes:
        pixels: (H, W) uint8, brighter where the path through bone is longer.
        pixel_mm: edge of a (square) pixel.
        shape: (rows, cols) of the projection.
        spacing_mm: (row, col) size of the projection's elements.
        row_down: whether the projection's rows run down the picture.
    """

    pixels: NDArray[np.uint8]
    pixel_mm: float
    shape: tuple[int, int]
    spacing_mm: tuple[float, float]
    row_down: bool

    def to_index(self, x: float, y: float) -> tuple[float, float]:
        """Picture edges (x, y) to projection indices (col, row)."""
        row_mm, col_mm = self.spacing_mm
        row = y * self.pixel_mm / row_mm - 0.5
        return x * self.pixel_mm / col_mm - 0.5, row if self.row_down else self.shape[0] - 1 - row

    def from_index(self, col: float, row: float) -> tuple[float, float]:
        """Projection indices (col, row) to picture edges (x, y); undoes :meth:`to_index`."""
        row_mm, col_mm = self.spacing_mm
        down = row if self.row_down else self.shape[0] - 1 - row
        return (col + 0.5) * col_mm / self.pixel_mm, (down + 0.5) * row_mm / self.pixel_mm


def detector_image(
    projection: NDArray, spacing_mm: tuple[float, float], row_down: bool, pixel_mm: float | None = None
) -> DrrImage:
    """Picture of a projection with square pixels: 255 * (1 - exp(-path / 40 mm)).

    Args:
        projection: (rows, cols) path through bone in mm, columns running to the right of the picture.
        spacing_mm: (row, col) size of its elements.
        row_down: whether its rows run down the picture; otherwise row 0 is drawn at the bottom.
        pixel_mm: edge of a pixel; by default the finer of the two spacings. Coarser pixels average the elements they
            cover, finer ones interpolate. The last row and column may reach past the projection.
    """
    pixel = float(min(spacing_mm) if pixel_mm is None else pixel_mm)
    row_mm, col_mm = spacing_mm
    rows = projection if row_down else projection[::-1]
    paths = _resample(_resample(rows, 0, pixel / row_mm), 1, pixel / col_mm)
    bright = 255 * (1 - np.exp(paths * (-1 / PATH_SCALE_MM)))
    pixels = np.clip(np.rint(bright), 0, 255).astype(np.uint8)
    return DrrImage(pixels, pixel, (projection.shape[0], projection.shape[1]), (row_mm, col_mm), row_down)


def coronal_image(drrs: ParallelDrrs, pixel_mm: float | None = None) -> DrrImage:
    """The coronal view, head up, the patient's left on the right; to_index gives (i, k)."""
    step_i, _, step_k = drrs.geometry.spacing
    return detector_image(drrs.coronal, (step_k, step_i), row_down=False, pixel_mm=pixel_mm)


def axial_image(
    drrs: ParallelDrrs, between: tuple[float, float] | None = None, pixel_mm: float | None = None
) -> DrrImage:
    """The axial view, front up, the patient's left on the right; to_index gives (i, j).

    Args:
        drrs: projections of an LPS volume.
        between: slices k0 <= k < k1 to which the view is limited; everything by default.
        pixel_mm: as in :func:`detector_image`.
    """
    step_i, step_j, _ = drrs.geometry.spacing
    projection = drrs.axial if between is None else drrs.axial_between(*between)
    return detector_image(projection, (step_j, step_i), row_down=True, pixel_mm=pixel_mm)


def _resample(values: NDArray, axis: int, step: float) -> NDArray:
    """Values along ``axis`` in pixels of ``step`` elements that start at the same outer edge."""
    size = values.shape[axis]
    if abs(step - 1) * size < WHOLE:
        return values
    count = max(1, int(np.ceil(size / step - WHOLE)))
    moved = np.moveaxis(np.asarray(values, np.float64), axis, 0)
    if step > 1:
        # Mean over the covered elements: difference of the running sum, which is linear within an element.
        edges = np.minimum(np.arange(count + 1) * step, size)
        running = np.concatenate([np.zeros_like(moved[:1]), np.cumsum(moved, axis=0)])
        widths = np.diff(edges).reshape(-1, *[1] * (moved.ndim - 1))
        result = np.diff(_at(running, edges), axis=0) / widths
    else:
        result = _at(moved, np.clip((np.arange(count) + 0.5) * step - 0.5, 0, size - 1))
    return np.moveaxis(result, 0, axis)


def _at(values: NDArray, places: NDArray) -> NDArray:
    """Linear interpolation of ``values`` along axis 0 at ``places`` within it."""
    low = np.minimum(places.astype(int), len(values) - 2) if len(values) > 1 else np.zeros(len(places), int)
    high = np.minimum(low + 1, len(values) - 1)
    part = (places - low).reshape(-1, *[1] * (values.ndim - 1))
    return values[low] * (1 - part) + values[high] * part
