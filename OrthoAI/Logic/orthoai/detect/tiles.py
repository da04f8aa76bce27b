"""Pictures larger or smaller than a network's input, at their own pixel size: tiles that overlap, and one answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.instance import Instance
from orthoai.detect.nms import non_maximum_suppression

JOIN_IOU = 0.5
"""Overlap from which instances of two tiles are one."""

BORDER = 1.5
"""Pixels from a tile's inner border within which a box counts as cut there."""


Part = tuple[slice, slice]
"""Rows and columns."""


class InstanceDetector(Protocol):
    """What is needed of :class:`orthoai.detect.onnx_yolo_seg.OnnxYoloSeg`."""

    image_size: int

    def detect(self, picture: NDArray[np.uint8], confidence: float | None = None) -> list[Instance]:
        """Instances in ``picture`` (image_size, image_size)."""
        ...


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

    def placed(self, instance: Instance, shape: tuple[int, int]) -> Instance:
        """``instance`` of the tile as one of the picture of ``shape``, cut at its border."""
        height, width = shape
        x0, y0, x1, y1 = instance.box
        box = (
            float(np.clip(x0 + self.col, 0, width)),
            float(np.clip(y0 + self.row, 0, height)),
            float(np.clip(x1 + self.col, 0, width)),
            float(np.clip(y1 + self.row, 0, height)),
        )
        mask = np.zeros(shape, bool)
        there, here = self.shared(shape)
        mask[there] = instance.mask[here]
        return replace(instance, box=box, mask=mask)

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


def detect_tiled(
    detector: InstanceDetector, picture: NDArray[np.uint8], overlap: int, confidence: float | None = None
) -> list[Instance]:
    """Instances of ``picture`` (H, W) of any size, the best score first; pixels are never resized.

    What the border between two tiles cuts is left to the tile that shows it whole; of instances found in both, the
    better is kept.
    """
    shape = (picture.shape[0], picture.shape[1])
    found = [
        tile.placed(instance, shape)
        for tile in tiles(shape, detector.image_size, overlap)
        for instance in detector.detect(tile.cut(picture), confidence)
        if not tile.cuts(instance, shape)
    ]
    if not found:
        return []
    edges = np.array([instance.box for instance in found])
    scores = np.array([instance.score for instance in found])
    kept = non_maximum_suppression(edges, scores, np.zeros(len(found), int), JOIN_IOU)
    return [found[n] for n in kept]


def _starts(length: int, size: int, overlap: int) -> list[int]:
    if length <= size:
        return [-((size - length) // 2)]
    count = ceil((length - overlap) / (size - overlap))
    return [int(start) for start in np.round(np.linspace(0, length - size, count))]
