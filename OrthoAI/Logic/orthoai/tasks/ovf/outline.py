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
        batch = np.stack([seen(stack.pictures, outline) for outline in part])
        answers = zip(part, batch[:, -1] > 0, network(batch)[:, 0], strict=True)
        drawn += [_drawn(outline, coarse, share, stack) for outline, coarse, share in answers]
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


def _drawn(outline: SliceBody, coarse: NDArray[np.bool_], share: NDArray[np.float32], stack: Stack) -> SliceBody:
    """``outline`` as ``share`` has it, or as it is where that and the ``coarse`` mask are two bodies."""
    tile = around_middle(_middle(outline), OUTLINE_SIZE)
    _, here = tile.shared((stack.hu.shape[1], stack.hu.shape[2]))
    inside = np.zeros(share.shape, np.float32)
    inside[here] = share[here]
    mask = largest_parts((inside >= 0.5)[None])[0]
    fits = outline.area >= LEAST_AREA and max(outline.mask.shape) <= OUTLINE_SIZE - 2 * RIM
    if not fits or np.count_nonzero(mask & coarse) < LEAST_AGREEMENT * np.count_nonzero(mask | coarse):
        return outline
    rows, cols = (_extent(mask.any(axis=axis)) for axis in (1, 0))
    out = tuple(
        slice(max(shown.start, span.start - RIM), min(shown.stop, span.stop + RIM))
        for span, shown in zip((rows, cols), here, strict=True)
    )
    # What lies further out belongs to a neighbor.
    near = ndimage.binary_dilation(mask, iterations=RIM)
    shares = Shares(tile.row + out[0].start, tile.col + out[1].start, np.where(near, inside, np.float32(0))[out])
    return replace(outline, row=tile.row + rows.start, col=tile.col + cols.start, mask=mask[rows, cols], shares=shares)


def _extent(line: NDArray[np.bool_]) -> slice:
    """From the first to the last place that is True."""
    places = np.flatnonzero(line)
    return slice(int(places[0]), int(places[-1]) + 1)
