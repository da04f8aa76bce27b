"""Fitting a picture into a network's square input, and boxes back into the picture.

The same as ultralytics' LetterBox and OpenCV's 8-bit linear resize, number for number: a detector answers best to
pictures made the way its training pictures were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PADDING = 114
"""Gray value of the border."""

COEFFICIENT_BITS = 11
"""Bits of OpenCV's fixed-point interpolation weights."""


def fitting_pixel_mm(rows_mm: float, cols_mm: float, image_size: int) -> float:
    """Pixel edge at which the longer side of a picture of (rows_mm, cols_mm) has ``image_size`` pixels.

    Pictures drawn at this size need no shrinking, in which thin bone would fall between the sampled pixels.
    """
    return max(rows_mm, cols_mm) / image_size


@dataclass(frozen=True)
class Letterbox:
    """Where a picture of ``shape`` (H, W) lies in a square of ``size`` pixels.

    Attributes:
        resized: (rows, cols) of the picture after scaling.
        top, left: border before it, in pixels.
    """

    shape: tuple[int, int]
    size: int

    @property
    def resized(self) -> tuple[int, int]:
        """(height, width) of the picture within the square, in pixels."""
        height, width = self.shape
        ratio = min(self.size / height, self.size / width)
        return max(round(height * ratio), 1), max(round(width * ratio), 1)

    @property
    def top(self) -> int:
        """Rows of padding above the picture."""
        return round((self.size - self.resized[0]) / 2 - 0.1)

    @property
    def left(self) -> int:
        """Columns of padding left of the picture."""
        return round((self.size - self.resized[1]) / 2 - 0.1)

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """``image`` (H, W) in the middle of a gray square (size, size)."""
        if image.shape != self.shape:
            raise ValueError(f"the picture has shape {image.shape}, the letterbox is for {self.shape}")
        square = np.full((self.size, self.size), PADDING, np.uint8)
        rows, cols = self.resized
        square[self.top : self.top + rows, self.left : self.left + cols] = resize_linear(image, (rows, cols))
        return square

    def to_picture(self, edges: NDArray) -> NDArray[np.float64]:
        """Box edges (N, 4) as x0, y0, x1, y1 in the square to edges in the picture, cut at its border."""
        height, width = self.shape
        gain = np.array([self.resized[1] / width, self.resized[0] / height] * 2)
        start = np.array([self.left, self.top] * 2)
        moved = (np.asarray(edges, np.float64) - start) / gain
        return np.clip(moved, 0.0, np.array([width, height] * 2, np.float64))


def resize_linear(image: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """``image`` (H, W) at ``shape`` (rows, cols) by linear interpolation of the four nearest pixels, in fixed point."""
    if image.shape == shape:
        return image
    row, row_weights = _taps(image.shape[0], shape[0])
    col, col_weights = _taps(image.shape[1], shape[1])
    source = image.astype(np.int32)
    left, right = _neighbors(col, image.shape[1])
    # Beyond the first and last column OpenCV takes that column alone; beyond rows it blends the row with itself, which
    # rounds a little differently.
    alone = left == right
    col_weights = np.where(alone, [[1 << COEFFICIENT_BITS], [0]], col_weights)
    across = source[:, left] * col_weights[0] + source[:, right] * col_weights[1]
    above, below = _neighbors(row, image.shape[0])
    # The shifts are those of OpenCV's vector code: it drops four bits before the second product to stay in 16 bits.
    total = ((across[above] >> 4) * row_weights[0][:, None] >> 16) + (
        (across[below] >> 4) * row_weights[1][:, None] >> 16
    )
    return np.clip((total + 2) >> 2, 0, 255).astype(np.uint8)


def _taps(old: int, new: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """For each of ``new`` positions the first of two neighbors among ``old``, perhaps -1, and (2, new) weights."""
    place = ((np.arange(new) + 0.5) * (old / new) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.intp)
    part = place - first.astype(np.float32)
    one = np.float32(1 << COEFFICIENT_BITS)
    return first, np.rint(np.stack([1 - part, part]) * one).astype(np.int32)


def _neighbors(first: NDArray[np.intp], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.clip(first, 0, count - 1), np.clip(first + 1, 0, count - 1)
