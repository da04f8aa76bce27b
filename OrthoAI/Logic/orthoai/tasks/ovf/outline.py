"""The detector's outlines drawn once more, at the pixels' own resolution (see ``outline_network.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from orthoai.detect.tiles import Tile
from orthoai.progress import Progress
from orthoai.segment.components import largest_parts
from orthoai.spine.stack import Stack
from orthoai.tasks.ovf.join import JoinedBody
from orthoai.tasks.ovf.outline_network import OUTLINE_SIZE, SLICES, OutlineNetwork
from orthoai.tasks.ovf.slices import Shares, SliceBody

LEAST_AREA = 60
"""Pixels of a mask, at least, that is drawn anew."""

LEAST_AGREEMENT = 0.6
"""IoU with the coarse mask below which the network means something else, and the coarse mask stays."""

RIM = 2
"""Pixels around a mask in which shares fade to nothing."""

BATCH = 32


def redrawn(
    bodies: Sequence[JoinedBody], stack: Stack, network: OutlineNetwork, progress: Progress
) -> list[JoinedBody]:
    """``bodies`` with the network's outlines where these agree with their own.

    Args:
        progress: may cancel between batches.
    """
    outlines = [outline for body in bodies for outline in body.slices]
    drawn: list[SliceBody] = []
    for first in range(0, len(outlines), BATCH):
        progress.check()
        part = outlines[first : first + BATCH]
        shares = network(np.stack([seen(stack.pictures, outline) for outline in part]))
        drawn += [_drawn(outline, share[0], stack) for outline, share in zip(part, shares, strict=True)]
    rest = iter(drawn)
    return [JoinedBody(tuple(next(rest) for _ in body.slices)) for body in bodies]


def seen(pictures: NDArray[np.uint8], outline: SliceBody) -> NDArray[np.float32]:
    """What the network sees of ``outline`` in the slices ``pictures`` (S, H, W)."""
    mask = np.zeros(pictures.shape[1:], np.float32)
    rows, cols = outline.mask.shape
    mask[outline.row : outline.row + rows, outline.col : outline.col + cols] = outline.mask
    tile = around_middle(_middle(outline), OUTLINE_SIZE)
    planes = [tile.cut(pictures[n]) for n in around(outline.index, len(pictures))]
    return np.concatenate([np.stack(planes).astype(np.float32) / 255, tile.cut(mask)[None]])


def around(index: int, count: int) -> list[int]:
    """The SLICES slices around ``index``; at the end of the stack the last one stands in for what is missing."""
    reach = SLICES // 2
    return [int(np.clip(n, 0, count - 1)) for n in range(index - reach, index + reach + 1)]


def around_middle(middle: tuple[int, int], side: int) -> Tile:
    """The square of ``side`` pixels around ``middle`` (row, column)."""
    return Tile(middle[0] - side // 2, middle[1] - side // 2, side)


def _middle(outline: SliceBody) -> tuple[int, int]:
    rows, cols = outline.mask.shape
    return outline.row + rows // 2, outline.col + cols // 2


def _drawn(outline: SliceBody, share: NDArray[np.float32], stack: Stack) -> SliceBody:
    """``outline`` as ``share`` (OUTLINE_SIZE, OUTLINE_SIZE) has it; its own where the two are no one body."""
    tile = around_middle(_middle(outline), OUTLINE_SIZE)
    (height, width), (row, col) = stack.hu.shape[1:], (tile.row, tile.col)
    inside = tile.cut(np.ones((height, width), bool))
    mask = largest_parts((inside & (share >= 0.5))[None])[0]
    if not _agree(mask, outline):
        return outline
    spans = [np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0)]
    rows, cols = (slice(int(span[0]), int(span[-1]) + 1) for span in spans)
    # What lies further out belongs to a neighbor.
    near = ndimage.binary_dilation(mask, iterations=RIM)
    out = tuple(
        slice(max(0, -first, span.start - RIM), min(span.stop + RIM, OUTLINE_SIZE, count - first))
        for span, first, count in ((rows, row, height), (cols, col, width))
    )
    values = np.where(near, share, 0)[out].astype(np.float32)
    shares = Shares(row + out[0].start, col + out[1].start, values)
    return replace(outline, row=row + rows.start, col=col + cols.start, mask=mask[rows, cols], shares=shares)


def _agree(mask: NDArray[np.bool_], outline: SliceBody) -> bool:
    rows, cols = outline.mask.shape
    if outline.area < LEAST_AREA or max(rows, cols) > OUTLINE_SIZE - 2 * RIM:
        return False
    first = OUTLINE_SIZE // 2 - rows // 2, OUTLINE_SIZE // 2 - cols // 2
    own = mask[first[0] : first[0] + rows, first[1] : first[1] + cols]
    both = np.count_nonzero(own & outline.mask)
    return bool(both >= LEAST_AGREEMENT * (np.count_nonzero(mask) + outline.area - both))
