"""The outline of a flat mask as polygons, and several polygons as one, as YOLO's text form wants it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]
"""(N, 2) corners of a closed polygon as (col, row); the first is not repeated."""


def parts_of(mask: NDArray[np.bool_]) -> list[list[Ring]]:
    """The connected parts of ``mask`` (rows, cols): for each its outer ring, then the rings of its holes.

    Rings run half way between a voxel's center and its outer neighbor's, in indices: around one voxel n they reach from
    n - 0.5 to n + 0.5. Holes turn the other way than outer rings.
    """
    # Imported here: contourpy comes with matplotlib and is of no use to whoever only saves cases.
    from contourpy import FillType, contour_generator

    # A border of zeros closes the outlines of what reaches the edge.
    padded = np.pad(mask, 1).astype(np.float64)
    # Its declared type leaves open which of its six forms comes; the fill type says which.
    outlines: Any = contour_generator(z=padded, fill_type=FillType.OuterOffset).filled(0.5, 2.0)
    points, offsets = outlines
    parts = []
    for corners, starts in zip(points, offsets, strict=True):
        rings = [corners[a : b - 1] - 1.0 for a, b in pairwise(starts)]
        parts.append([_without_straight_corners(ring) for ring in rings])
    return parts


def joined(rings: list[Ring]) -> Ring:
    """One polygon that encloses what ``rings`` do: each is joined to the rest by a line that is walked both ways.

    The line encloses nothing, so holes stay holes and separate parts stay separate, whether a polygon is filled by the
    even-odd or by the nonzero rule.
    """
    whole = rings[0]
    for ring in rings[1:]:
        distances = ((whole[:, None] - ring[None]) ** 2).sum(axis=2)
        a, b = np.unravel_index(int(distances.argmin()), distances.shape)
        whole = np.concatenate([whole[: a + 1], ring[b:], ring[: b + 1], whole[a:]])
    return whole


def _without_straight_corners(ring: Ring) -> Ring:
    """Without the corners at which the ring goes straight on; the area stays the same."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return ring[np.abs(turns) > 1e-9]
