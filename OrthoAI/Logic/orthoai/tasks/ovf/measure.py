"""Evidence beside the class: each body's heights, and what they say against those of its neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orthoai.spine.chain import along_spine, directions, gaps, unnamed
from orthoai.spine.genant import NORMAL, Grading, gradings
from orthoai.spine.heights import BodyHeights, measure_body
from orthoai.spine.stack import OUTSIDE_HU, Stack
from orthoai.tasks.ovf.join import JoinedBody

EDGE = 2
"""Voxels in the slice between a body and the end of what was scanned, at most, for one that is cut."""


LEAST_ALONG = 0.7
"""Cosine of the largest angle, 45 degrees, between a body's own axis and the spine's at its place."""


@dataclass(frozen=True, eq=False)
class MeasuredBody:
    """One body in its place along the spine.

    Attributes:
        name: such as "vertebra_3", counted from the lowest.
        body: outline and vote.
        center: LPS mm.
        size: heights; None where they cannot be measured.
        is_cut: whether the field of view cuts it, so that its heights mean nothing.
        grading: against its neighbors; None where it or they have no heights.
        gap: whether a vertebra seems to be missing above or below.
    """

    name: str
    body: JoinedBody
    center: tuple[float, float, float]
    size: BodyHeights | None
    is_cut: bool
    grading: Grading | None
    gap: bool


def measured(bodies: Sequence[JoinedBody], stack: Stack, asked: int = 0) -> list[MeasuredBody]:
    """``bodies`` from the lowest upward, each once, with heights and grades.

    Args:
        asked: so many of the first bodies stay where another lies in the same place; else the larger one stays.
    """
    centers = np.array([stack.grid.index_to_lps(body.center) for body in bodies]).reshape(-1, 3)
    sizes = [np.inf if n < asked else float(np.count_nonzero(body.mask)) for n, body in enumerate(bodies)]
    order = along_spine(centers, sizes)
    ordered, places = [bodies[n] for n in order], centers[order]
    cut = [is_cut(body, stack) for body in ordered]
    measures = [_size(body, stack, up) for body, up in zip(ordered, directions(places), strict=True)]
    usable = [None if size is None or gone else size.heights for size, gone in zip(measures, cut, strict=True)]
    graded = gradings(usable, [body.vote.label != NORMAL for body in ordered])
    above = gaps(places)
    return [
        MeasuredBody(
            name,
            body,
            (float(place[0]), float(place[1]), float(place[2])),
            measures[n],
            cut[n],
            graded[n],
            above[n] or (n > 0 and above[n - 1]),
        )
        for n, (name, body, place) in enumerate(zip(unnamed(len(ordered)), ordered, places, strict=True))
    ]


def is_cut(body: JoinedBody, stack: Stack) -> bool:
    """Whether ``body`` reaches, within its slices, what was not scanned."""
    s, r, c = body.place
    rows, cols = stack.hu.shape[1:]
    if r.start < EDGE or c.start < EDGE or r.stop > rows - EDGE or c.stop > cols - EDGE:
        return True
    near = np.pad(body.mask, ((0, 0), (EDGE, EDGE), (EDGE, EDGE)))
    for axis in (1, 2):
        near = near | np.roll(near, EDGE, axis) | np.roll(near, -EDGE, axis)
    around = stack.hu[s, r.start - EDGE : r.stop + EDGE, c.start - EDGE : c.stop + EDGE]
    return bool((around[near] <= OUTSIDE_HU).any())


def _size(body: JoinedBody, stack: Stack, up: np.ndarray) -> BodyHeights | None:
    s, r, c = body.place
    grid = stack.grid.cropped((c.start, r.start, s.start), (c.stop, r.stop, s.stop))
    found = measure_body(body.mask, grid, up)
    # Endplates that run along the spine are none: the outline misses most of the body.
    return None if found is None or float(np.dot(found.up, up)) < LEAST_ALONG else found
