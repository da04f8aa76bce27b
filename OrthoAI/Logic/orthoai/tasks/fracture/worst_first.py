"""Which bodies are fractured, the surest first, each measured against neighbors that are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orthoai.spine.genant import Heights, gradings
from orthoai.tasks.fracture.evidence import Evidence
from orthoai.tasks.fracture.vote import VotedBody


@dataclass(frozen=True)
class WorstFirst:
    """Calls one body fractured after the other, as long as one is likely to be.

    Two doubtful neighbors are then each other's measure. Were both taken for fractured at once, the next ones would be,
    which may lie levels away, where sound bodies are higher, and each would seem to have lost height.

    Attributes:
        evidence: what vote and loss of height are worth.
        likely: probability from which on a body is called fractured.
    """

    evidence: Evidence
    likely: float

    def __call__(self, bodies: Sequence[VotedBody], heights: Sequence[Heights | None]) -> list[bool]:
        """Whether each of ``bodies``, along the spine, is fractured; heights are None where there are none."""
        called = [False] * len(bodies)
        for _ in bodies:
            graded = gradings(heights, called)
            sure = [
                -1.0 if known else self.evidence(body.score, None if grading is None else grading.loss)
                for known, body, grading in zip(called, bodies, graded, strict=True)
            ]
            if max(sure) < self.likely:
                break
            called[sure.index(max(sure))] = True
        return called
