"""Boxes that a person drew or corrected, in place of the search: one vertebra in each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orthoai.spine.given_boxes import WorkingBox
from orthoai.tasks.ovf.join import LEAST_SLICES, JoinedBody
from orthoai.tasks.ovf.slices import SliceBody

LEAST_INSIDE = 0.5
"""Share of an outline that must lie in a box to count as the box's own."""


class GivenBox(WorkingBox):
    """One checked box, and which of the outlines on the working grid are its own."""

    def owns(self, body: SliceBody) -> bool:
        """Whether most of the outline ``body`` lies in the box."""
        if not self.low[2] <= body.index <= self.high[2]:
            return False
        rows = np.arange(body.row, body.row + body.mask.shape[0])
        cols = np.arange(body.col, body.col + body.mask.shape[1])
        inside = (rows >= self.low[1])[:, None] & (rows <= self.high[1])[:, None]
        inside = inside & (cols >= self.low[0]) & (cols <= self.high[0])
        return bool(np.count_nonzero(body.mask & inside) >= LEAST_INSIDE * body.area)

    def body(self, bodies: Sequence[SliceBody]) -> JoinedBody | None:
        """The vertebra in the box: of each slice the best outline, whole, so that a box that is drawn too small takes
        no height from it; None where there is none.
        """
        best: dict[int, SliceBody] = {}
        for outline in bodies:
            if self.owns(outline) and outline.score > (best[outline.index].score if outline.index in best else 0.0):
                best[outline.index] = outline
        return JoinedBody(tuple(best[index] for index in sorted(best))) if best else None


def pointed_at(
    given: Sequence[GivenBox], outlines: Sequence[SliceBody], joined: Sequence[JoinedBody]
) -> tuple[list[JoinedBody], list[JoinedBody]]:
    """(the vertebrae in the boxes ``given``, those of ``joined`` that lie in none of them).

    A box that is too small or thin for a body of its own points at the one whose middle it holds, or that it lies in.

    Args:
        outlines: all that were seen, faint ones included.
        joined: what was found without the boxes.
    """
    asked, rest = [], list(joined)
    for box in given:
        here = [body for body in rest if box.holds(body.center)]
        body = box.body(outlines)
        if body is None or body.reach < LEAST_SLICES:
            here = here or [each for each in rest if each.covers(box.middle)]
            body = max(here, key=lambda each: each.vote.score, default=body)
        if body is not None:
            asked.append(body)
        rest = [each for each in rest if not any(each is one for one in here)]
    return asked, rest
