"""Vertebral bodies in each sagittal slice: tiles with bone to the network, its instances back on the slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.instance import Instance
from orthoai.detect.masks import over_picture
from orthoai.detect.nms import non_maximum_suppression
from orthoai.detect.onnx_yolo_seg import Answer
from orthoai.detect.tiles import JOIN_IOU, Tile, tiles
from orthoai.progress import Progress
from orthoai.segment.components import largest_parts
from orthoai.spine.stack import OVF_PIXEL_MM, Stack
from orthoai.spine.window import holds_bone
from orthoai.tasks.ovf.eigencam import eigen_cam
from orthoai.tasks.ovf.engines import BodyDetector

STAGE = "Detect"

OVERLAP = round(64 / OVF_PIXEL_MM)
"""Pixels that neighboring tiles share: more than a vertebral body is high."""

COARSE = 4
"""Every so many slices are looked at first; a body shows in seven or more. Between two that show none there is none."""


@dataclass(frozen=True, eq=False)
class Shares:
    """What of each pixel around an outline is body.

    Attributes:
        row, col: the first pixel of ``values`` in the slice.
        values: float32 (h, w), 0..1; the outline runs at 0.5.
    """

    row: int
    col: int
    values: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SliceBody:
    """One body in one slice.

    Attributes:
        index: the slice of the stack.
        score: 0..1, of its most likely class.
        class_scores: 0..1 each, in the order of CLASSES.
        row, col: the first pixel of ``mask`` in the slice.
        mask: bool (h, w), cut to the body.
        shares: the outline finer than its pixels; None where only the mask is known.
    """

    index: int
    score: float
    class_scores: tuple[float, ...]
    row: int
    col: int
    mask: NDArray[np.bool_]
    shares: Shares | None = None

    @property
    def area(self) -> int:
        """Pixels."""
        return int(np.count_nonzero(self.mask))

    def overlap(self, other: SliceBody) -> int:
        """Pixels that both have, as seen from the side."""
        top, left = max(self.row, other.row), max(self.col, other.col)
        bottom = min(self.row + self.mask.shape[0], other.row + other.mask.shape[0])
        right = min(self.col + self.mask.shape[1], other.col + other.mask.shape[1])
        if bottom <= top or right <= left:
            return 0
        parts = [
            each.mask[top - each.row : bottom - each.row, left - each.col : right - each.col] for each in (self, other)
        ]
        return int(np.count_nonzero(parts[0] & parts[1]))

    def covered(self, other: SliceBody) -> float:
        """Share of the smaller of both that the other has, too, as seen from the side."""
        return self.overlap(other) / max(1, min(self.area, other.area))


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network says of a stack: the bodies of all slices, and where it looked, uint8 (S, H, W)."""

    bodies: tuple[SliceBody, ...]
    attention: NDArray[np.uint8]


def look(stack: Stack, detector: BodyDetector, confidence: float, progress: Progress) -> Seen:
    """Bodies and attention of the slices of ``stack``.

    Args:
        confidence: smallest score of an instance that counts.
        progress: hears of "Detect" and may cancel between tiles.
    """
    count = len(stack.pictures)
    attention = np.zeros(stack.pictures.shape, np.uint8)
    found: dict[int, list[SliceBody]] = {}
    coarse = list(range(min(COARSE // 2, count - 1), count, COARSE))
    order = [*coarse, *(index for index in range(count) if index not in set(coarse))]
    for done, index in enumerate(order):
        progress.report(STAGE, done / count, f"slice {done + 1} of {count}")
        if index in coarse or _is_near(index, coarse, found):
            found[index] = _look_at(stack, index, detector, confidence, attention[index], progress)
    progress.report(STAGE, 1.0)
    return Seen(tuple(body for index in sorted(found) for body in found[index]), attention)


def _is_near(index: int, coarse: Sequence[int], found: dict[int, list[SliceBody]]) -> bool:
    """Whether one of the first slices on either side of ``index`` shows a body."""
    return any(found[other] for other in coarse if abs(other - index) < COARSE)


def _look_at(
    stack: Stack,
    index: int,
    detector: BodyDetector,
    confidence: float,
    attention: NDArray[np.uint8],
    progress: Progress,
) -> list[SliceBody]:
    """The bodies of one slice; its ``attention`` (H, W) is filled in."""
    picture = stack.pictures[index]
    shape = (picture.shape[0], picture.shape[1])
    found: list[tuple[Instance, SliceBody]] = []
    for tile in tiles(shape, detector.image_size, OVERLAP):
        pixels = tile.cut(picture)
        if not holds_bone(pixels, stack.pixel_mm):
            continue
        progress.check()
        answer = detector.answer(pixels, confidence)
        whole = [instance for instance in answer.instances if not tile.cuts(instance, shape)]
        bodies = [(instance, _placed(instance, tile, index, shape)) for instance in whole]
        found += [(instance, body) for instance, body in bodies if body is not None]
        if whole and answer.features is not None:
            _add_attention(attention, answer, tile)
    if not found:
        return []
    edges = np.array([_edges(body) for _, body in found])
    scores = np.array([instance.score for instance, _ in found])
    kept = non_maximum_suppression(edges, scores, np.zeros(len(found), int), JOIN_IOU)
    return [found[n][1] for n in kept]


def _placed(instance: Instance, tile: Tile, index: int, shape: tuple[int, int]) -> SliceBody | None:
    """``instance`` of ``tile`` in the slice of ``shape``; None where nothing of it lies there."""
    # The corner of a neighbor that reaches into a body's box is none of it.
    rows, cols = np.nonzero(largest_parts(instance.mask[None])[0])
    inside = (
        (rows + tile.row >= 0) & (rows + tile.row < shape[0]) & (cols + tile.col >= 0) & (cols + tile.col < shape[1])
    )
    rows, cols = rows[inside], cols[inside]
    if rows.size == 0:
        return None
    top, left = int(rows.min()), int(cols.min())
    mask = np.zeros((int(rows.max()) - top + 1, int(cols.max()) - left + 1), bool)
    mask[rows - top, cols - left] = True
    return SliceBody(index, instance.score, instance.class_scores, top + tile.row, left + tile.col, mask)


def _edges(body: SliceBody) -> tuple[float, float, float, float]:
    height, width = body.mask.shape
    return float(body.col), float(body.row), float(body.col + width), float(body.row + height)


def _add_attention(attention: NDArray[np.uint8], answer: Answer, tile: Tile) -> None:
    """Where the network looked in ``tile``, brightened into ``attention`` (H, W) of the slice."""
    features = answer.features
    if features is None:
        return
    height, width = features.shape[1:]
    found = np.zeros((tile.size, tile.size), bool)
    for instance in answer.instances:
        found |= instance.mask
    rows = (np.arange(height) * tile.size // height + tile.size // (2 * height)).clip(0, tile.size - 1)
    cols = (np.arange(width) * tile.size // width + tile.size // (2 * width)).clip(0, tile.size - 1)
    heat = over_picture(eigen_cam(features, found[np.ix_(rows, cols)]), answer.letterbox)
    gray = np.rint(255 * np.clip(heat, 0, 1)).astype(np.uint8)
    height, width = attention.shape
    there, here = tile.shared((height, width))
    np.maximum(attention[there], gray[here], out=attention[there])
