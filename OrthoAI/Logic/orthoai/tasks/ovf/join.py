"""Bodies of neighboring slices become one vertebra: one mask, one vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orthoai.spine.measured import Block, Surface
from orthoai.tasks.ovf.labels import CLASSES, FRACTURES, NORMAL
from orthoai.tasks.ovf.slices import SliceBody

LEAST_OVERLAP = 0.5
"""Share of the smaller of two outlines, seen from the side, that the other must cover."""

LARGEST_STEP = 3
"""Slices from one outline to the next of one body: two may be missed between them."""

LEAST_SLICES = 5
"""What reaches over fewer is no body: a vertebra is 25 mm wide or more, a strip of the sacrum is not."""

SURE_SLICES = 2
"""Outlines of full confidence that a body needs; fainter ones then continue it."""


@dataclass(frozen=True)
class Vote:
    """What the slices of a body say of its class.

    Attributes:
        label: "normal", or the most voted fracture where the three fractures together outweigh it.
        score: 0..1, the mean score of that side, weighted by area.
        spread: 0..1, standard deviation of the slices' votes for that side.
        shares: of the vote, by class; they sum to 1.
    """

    label: str
    score: float
    spread: float
    shares: dict[str, float]


@dataclass(frozen=True, eq=False)
class JoinedBody:
    """One vertebral body.

    Attributes:
        slices: its outlines, one a slice, in the order of the slices.
    """

    slices: tuple[SliceBody, ...]

    @cached_property
    def vote(self) -> Vote:
        """Of its class."""
        return vote(self.slices)

    @property
    def is_fractured(self) -> bool:
        """Whether the vote is for a fracture, of whichever kind."""
        return self.vote.label != NORMAL

    @cached_property
    def _block(self) -> tuple[Block, NDArray]:
        return _stacked([(body.index, body.row, body.col, body.mask) for body in self.slices])

    @property
    def place(self) -> Block:
        """Where ``mask`` lies in the stack."""
        return self._block[0]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """bool (s, h, w) on the working grid."""
        return self._block[1]

    @cached_property
    def surface(self) -> Surface:
        """The shares of its outlines where all have some, else its mask."""
        shares = [(body.index, body.shares) for body in self.slices if body.shares is not None]
        if len(shares) < len(self.slices):
            return self._block
        return _stacked([(index, each.row, each.col, each.values) for index, each in shares])

    def is_sure(self, confidence: float) -> bool:
        """Whether SURE_SLICES outlines or more score ``confidence``."""
        return sum(body.score >= confidence for body in self.slices) >= SURE_SLICES

    @property
    def reach(self) -> int:
        """Slices from its first outline to its last, missed ones included."""
        return self.slices[-1].index - self.slices[0].index + 1

    @property
    def best_slice(self) -> int:
        """The slice of the stack in the body's middle by area: its mid-sagittal one."""
        areas = np.cumsum([body.area for body in self.slices])
        return self.slices[int(np.searchsorted(areas, areas[-1] / 2))].index

    @property
    def center(self) -> tuple[float, float, float]:
        """(column, row, slice) of the mask's centroid, as continuous indices of the working grid."""
        s, r, c = np.argwhere(self.mask).mean(axis=0) + [edge.start for edge in self.place]
        return float(c), float(r), float(s)

    def covers(self, place: ArrayLike) -> bool:
        """Whether ``place``, indices (column, row, slice) of the working grid, is in the mask."""
        column, row, index = np.rint(np.asarray(place)).astype(int)
        inside = [edge.start <= n < edge.stop for n, edge in zip((index, row, column), self.place, strict=True)]
        offset = tuple(n - edge.start for n, edge in zip((index, row, column), self.place, strict=True))
        return all(inside) and bool(self.mask[offset])

    def shared(self, other: JoinedBody) -> int:
        """Pixels of its outlines that those of ``other`` have, too."""
        own = {each.index: each for each in self.slices}
        return sum(own[each.index].overlap(each) for each in other.slices if each.index in own)

    def is_same(self, other: JoinedBody) -> bool:
        """Whether the smaller of both lies mostly in the other."""
        areas = [sum(each.area for each in body.slices) for body in (self, other)]
        return self.shared(other) >= LEAST_OVERLAP * min(areas)


def join(bodies: Sequence[SliceBody], least_slices: int = LEAST_SLICES) -> list[JoinedBody]:
    """Outlines of all slices as bodies.

    From the first slice on, each outline goes to the body whose last one it covers best; what covers none begins a
    new one.

    Args:
        bodies: in the order of their slices.
        least_slices: a body that reaches over fewer, missed ones included, is dropped.
    """
    chains: list[list[SliceBody]] = []
    for index in sorted({body.index for body in bodies}):
        here = [body for body in bodies if body.index == index]
        open_chains = [chain for chain in chains if index - chain[-1].index <= LARGEST_STEP]
        pairs = [
            (share, n, m)
            for n, chain in enumerate(open_chains)
            for m, body in enumerate(here)
            if (share := chain[-1].covered(body)) >= LEAST_OVERLAP
        ]
        taken: tuple[set[int], set[int]] = (set(), set())
        for _, n, m in sorted(pairs, reverse=True):
            if n not in taken[0] and m not in taken[1]:
                open_chains[n].append(here[m])
                taken[0].add(n)
                taken[1].add(m)
        chains += [[body] for m, body in enumerate(here) if m not in taken[1]]
    found = [JoinedBody(tuple(chain)) for chain in chains]
    return [body for body in found if body.reach >= least_slices]


def vote(bodies: Sequence[SliceBody]) -> Vote:
    """The class of a body: each slice counts by its area and its scores.

    It is fractured where crush, wedge and biconcave together outweigh "normal": a fracture whose kind is in doubt is
    a fracture all the same.
    """
    areas = np.array([max(body.area, 1) for body in bodies], np.float64)
    scores = np.array([body.class_scores for body in bodies], np.float64)
    total = areas @ scores
    if total.sum() <= 0:
        total = np.ones(len(CLASSES))
    shares = dict(zip(CLASSES, (float(value) for value in total / total.sum()), strict=True))
    fractures = [CLASSES.index(name) for name in FRACTURES]
    normal = CLASSES.index(NORMAL)
    is_fractured = bool(total[fractures].sum() > total[normal])
    label = max(FRACTURES, key=lambda name: shares[name]) if is_fractured else NORMAL
    # Of one instance no two classes can both hold, so a side's score is the best of its classes.
    side = scores[:, fractures].max(axis=1) if is_fractured else scores[:, normal]
    weights = areas / areas.sum()
    sums = np.maximum(scores.sum(axis=1), 1e-9)
    each = scores[:, fractures].sum(axis=1) / sums if is_fractured else scores[:, normal] / sums
    spread = float(np.sqrt(weights @ (each - weights @ each) ** 2))
    return Vote(label, float(weights @ side), spread, shares)


def _stacked(outlines: Sequence[tuple[int, int, int, NDArray]]) -> tuple[Block, NDArray]:
    """Outlines (slice, first row, first column, mask or shares) as one block.

    A slice that was missed holds what both its neighbors have.
    """
    top, left = min(row for _, row, _, _ in outlines), min(col for _, _, col, _ in outlines)
    bottom = max(row + values.shape[0] for _, row, _, values in outlines)
    right = max(col + values.shape[1] for _, _, col, values in outlines)
    first, last = outlines[0][0], outlines[-1][0]
    block = np.zeros((last - first + 1, bottom - top, right - left), outlines[0][3].dtype)
    for index, row, col, values in outlines:
        rows, cols = values.shape
        block[index - first, row - top : row - top + rows, col - left : col - left + cols] = values
    for (before, *_), (after, *_) in pairwise(outlines):
        for index in range(before + 1, after):
            block[index - first] = np.minimum(block[before - first], block[after - first])
    return (slice(first, last + 1), slice(top, bottom), slice(left, right)), block
