"""Boxes that a person drew or corrected: which bodies they ask for, and that only what lies in one is marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.spine.given_boxes import WorkingBox
from orthoai.spine.separate import SeparateBody


def pointed_at(box: WorkingBox, bodies: Sequence[SeparateBody]) -> list[SeparateBody]:
    """Those of ``bodies`` whose center lies in ``box``; else the one that has most in it, if any has."""
    here = [body for body in bodies if box.holds(body.center)]
    shares = [0 if here else _inside(box, body) for body in bodies]
    return [bodies[int(np.argmax(shares))]] if any(shares) else here


def _inside(box: WorkingBox, body: SeparateBody) -> int:
    """Voxels of ``body`` in ``box``."""
    indices = [np.arange(span.start, span.stop) for span in body.place]
    kept = [(low <= n) & (n <= high) for n, low, high in zip(indices, box.low[::-1], box.high[::-1], strict=True)]
    return int(np.count_nonzero(body.mask[np.ix_(*kept)]))


def keep_inside(mask: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.uint8]:
    """``mask`` (K, J, I) where a voxel's center lies in one of ``boxes``, in its own index space; else 0."""
    kept = np.zeros_like(mask)
    for box in boxes:
        spans = []
        for axis in (2, 1, 0):
            low, high = np.ceil(box.index_min[axis]), np.floor(box.index_max[axis]) + 1
            size = mask.shape[2 - axis]
            spans.append(slice(int(np.clip(low, 0, size)), int(np.clip(high, 0, size))))
        window = (spans[0], spans[1], spans[2])
        kept[window] = mask[window]
    return kept
