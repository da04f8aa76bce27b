"""Pictures larger or smaller than a network's input, at their own pixel size: tiles that overlap, and one answer."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.instance import Instance

JOIN_IOU = 0.5
"""Overlap from which instances of two tiles are one."""

BORDER = 1.5
"""Pixels from a tile's inner border within which a box counts as cut there."""


Part = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True)
class Tile:
    """A square of ``size`` pixels; its first pixel is at (row, col) of the picture, negative where there is padding."""

    row: int
    col: int
    size: int

    def cut(self, picture: NDArray, outside: int = 0) -> NDArray:
        """The tile's pixels (size, size) of ``picture`` (H, W); ``outside`` where the picture has none."""
        pixels = np.full((self.size, self.size), outside, picture.dtype)
        there, here = self.shared((picture.shape[0], picture.shape[1]))
        pixels[here] = picture[there]
        return pixels

    def shared(self, shape: tuple[int, int]) -> tuple[Part, Part]:
        """What the tile and a picture of ``shape`` share: as rows and columns of the picture, and of the tile."""
        spans = [
            slice(max(start, 0), max(0, min(start + self.size, length)))
            for start, length in zip((self.row, self.col), shape, strict=True)
        ]
        rows, cols = spans
        own = [
            slice(span.start - start, max(span.stop, span.start) - start)
            for span, start in zip(spans, (self.row, self.col), strict=True)
        ]
        return (rows, cols), (own[0], own[1])

    def cuts(self, instance: Instance, shape: tuple[int, int]) -> bool:
        """Whether the tile's border, where the picture goes on behind it, may cut ``instance`` of the tile."""
        x0, y0, x1, y1 = instance.box
        low, high = BORDER, self.size - BORDER
        more = (self.col > 0, self.row > 0, self.col + self.size < shape[1], self.row + self.size < shape[0])
        at = (x0 < low, y0 < low, x1 > high, y1 > high)
        return any(there and near for there, near in zip(more, at, strict=True))


def tiles(shape: tuple[int, int], size: int, overlap: int) -> list[Tile]:
    """Tiles that cover a picture of ``shape`` (H, W), neighbors sharing at least ``overlap`` pixels.

    A picture shorter than a tile lies in its middle.
    """
    rows, cols = (_starts(length, size, overlap) for length in shape)
    return [Tile(row, col, size) for row in rows for col in cols]


def _starts(length: int, size: int, overlap: int) -> list[int]:
    if length <= size:
        return [-((size - length) // 2)]
    count = ceil((length - overlap) / (size - overlap))
    return [int(start) for start in np.round(np.linspace(0, length - size, count))]
