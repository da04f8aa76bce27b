"""Probabilities of the slices of one plane, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.tiles import Tile, tiles
from orthoai.progress import Progress
from orthoai.spine.stack import FRACTURE_SIZE, Stack
from orthoai.spine.window import holds_bone
from orthoai.tasks.fracture.engines import SliceNetwork

BATCH = 4
"""Tiles that go through the network at once."""

OVERLAP = 64
"""Pixels that neighboring tiles of a slice share, at least; their mean counts there."""


@dataclass(frozen=True, eq=False)
class Seen:
    """Probabilities float32 (S, H, W) on the slices of one plane.

    Attributes:
        fracture: of the body of a fractured vertebra.
        bodies: of any vertebral body; None where the network does not tell.
    """

    fracture: NDArray[np.float32]
    bodies: NDArray[np.float32] | None


def look(stack: Stack, network: SliceNetwork, indices: Sequence[int], stage: str, progress: Progress) -> Seen:
    """What ``network`` says of the slices ``indices`` of ``stack``; 0 in all others.

    Args:
        stage: under which ``progress`` hears of it; it may cancel between batches.
    """
    found = [np.zeros(stack.hu.shape, np.float32) for _ in range(network.outputs)]
    shape = (stack.hu.shape[1], stack.hu.shape[2])
    places = tiles(shape, FRACTURE_SIZE, OVERLAP)
    count = np.zeros(shape, np.float32)
    for tile in places:
        count[tile.shared(shape)[0]] += 1
    todo = _with_bone(stack, indices, places)
    done, total = 0, max(1, len(indices) * len(places))
    while batch := list(islice(todo, BATCH)):
        progress.report(stage, done / total)
        # Tiles without bone are passed over, so the position of the last one tells how far it is.
        done = batch[-1][0]
        gray = np.stack([pixels for *_, pixels in batch]).astype(np.float32)[:, None] / np.float32(255)
        for (_, index, tile, _), answer in zip(batch, network(gray), strict=True):
            there, here = tile.shared(shape)
            for each, part in zip(found, answer, strict=True):
                each[index][there] += part[here]
    for each in found:
        each[list(indices)] /= count
    progress.report(stage, 1.0)
    return Seen(found[0], found[1] if len(found) > 1 else None)


def _with_bone(
    stack: Stack, indices: Sequence[int], places: Sequence[Tile]
) -> Iterator[tuple[int, int, Tile, NDArray[np.uint8]]]:
    """(how many tiles were looked at, slice, tile, its gray values) for each tile that holds bone."""
    looked = 0
    for index in indices:
        for tile in places:
            looked += 1
            pixels = tile.cut(stack.pictures[index])
            if holds_bone(pixels, stack.pixel_mm):
                yield looked, index, tile, pixels
