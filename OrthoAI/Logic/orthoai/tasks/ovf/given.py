"""Boxes that a person drew or corrected, in place of the search: one vertebra in each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orthoai.errors import InputError
from orthoai.spine.given_boxes import WorkingBox
from orthoai.tasks.ovf.join import LEAST_OVERLAP, LEAST_SLICES, JoinedBody, join
from orthoai.tasks.ovf.slices import SliceBody

LEAST_INSIDE = 0.5
"""Share of an outline that must lie in a box to count as the box's own."""


class GivenBox(WorkingBox):
    """One checked box, and which of the outlines on the working grid are its own."""

    def inside(self, body: SliceBody) -> int:
        """Pixels of the outline ``body`` in the box."""
        if not self.low[2] <= body.index <= self.high[2]:
            return 0
        rows = np.arange(body.row, body.row + body.mask.shape[0])
        cols = np.arange(body.col, body.col + body.mask.shape[1])
        inside = (rows >= self.low[1])[:, None] & (rows <= self.high[1])[:, None]
        inside = inside & (cols >= self.low[0]) & (cols <= self.high[0])
        return int(np.count_nonzero(body.mask & inside))

    def owns(self, body: SliceBody) -> bool:
        """Whether most of the outline ``body`` lies in the box."""
        return self.inside(body) >= max(1, LEAST_INSIDE * body.area)

    def body(self, outlines: Sequence[SliceBody]) -> JoinedBody | None:
        """The vertebra that has most in the box, each pixel weighted by its outline's score; None where there is none.

        Of each slice the best outline, whole, so that a box that is drawn too small takes no height from it.
        """
        own = [outline for outline in outlines if self.owns(outline)]
        bodies = join(_best_in_place(own), least_slices=1)
        return max(bodies, key=lambda body: sum(self.inside(each) * each.score for each in body.slices), default=None)

    def around(self, bodies: Sequence[JoinedBody]) -> JoinedBody | None:
        """The one of ``bodies`` whose middle the box holds, or that its own middle lies in; None without one."""
        here = [body for body in bodies if self.holds(body.center)]
        here = here or [body for body in bodies if body.covers(self.middle)]
        return max(here, key=lambda body: body.vote.score, default=None)


def require_one_each(given: Sequence[GivenBox], bodies: Sequence[JoinedBody]) -> None:
    """Refuse a box around two vertebrae or more: only one would be told.

    Args:
        bodies: each vertebra once.

    Raises:
        InputError: a box holds the middle of more than one.
    """
    for box in given:
        if sum(box.holds(body.center) for body in bodies) > 1:
            raise InputError(f"The box of {box.label} holds more than one vertebra: draw a box for each.")


def pointed_at(
    given: Sequence[GivenBox], outlines: Sequence[SliceBody], joined: Sequence[JoinedBody]
) -> tuple[list[JoinedBody], list[JoinedBody]]:
    """(the vertebrae in the boxes ``given``, each once, those of ``joined`` that are none of these).

    A box that is too small or thin for a body of its own points at the one whose middle it holds, or that it lies in.

    Args:
        outlines: all that were seen, faint ones included.
        joined: what was found without the boxes.
    """
    asked: list[JoinedBody] = []
    known: list[JoinedBody] = []
    for box in given:
        body = box.body(outlines)
        if body is None or body.reach < LEAST_SLICES:
            body = box.around(joined) or body
        # Two boxes on the halves of one vertebra share no voxel, but lie in the one that was found.
        if body is None or any(body.is_same(each) for each in (*asked, *known)):
            continue
        asked.append(body)
        known += [max((each for each in joined if each.is_same(body)), key=body.shared, default=body)]
    return asked, [each for each in joined if not any(each.is_same(one) for one in (*asked, *known))]


def _best_in_place(outlines: Sequence[SliceBody]) -> list[SliceBody]:
    """``outlines`` without those that lie in the place of one with a higher score, in the order of their slices."""
    kept: list[SliceBody] = []
    for outline in sorted(outlines, key=lambda each: -each.score):
        if not any(outline.index == each.index and outline.covered(each) >= LEAST_OVERLAP for each in kept):
            kept.append(outline)
    return sorted(kept, key=lambda each: each.index)
