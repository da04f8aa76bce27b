"""Which bodies are fractured, the surest first, each measured against neighbors that are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from orthoai.spine.genant import Grading, Heights, gradings

LIKELY = 0.5
"""Bodies with a lower probability of a fracture are more likely sound."""

B = TypeVar("B")


@dataclass(frozen=True)
class WorstFirst(Generic[B]):
    """Calls one body fractured after the other, as long as one is likely to be.

    Two doubtful neighbors are then each other's measure. Were both taken for fractured at once, the next ones would be,
    which may lie levels away, where sound bodies are higher, and each would seem to have lost height.

    Attributes:
        sure: probability of a fracture, from what a network says of a body and its heights against its neighbors',
            which are None where they cannot be measured.
        likely: probability from which on a body is called fractured.
    """

    sure: Callable[[B, Grading | None], float]
    likely: float

    def __call__(self, bodies: Sequence[B], heights: Sequence[Heights | None]) -> list[bool]:
        """Whether each of ``bodies``, along the spine, is fractured; heights are None where there are none."""
        called = [False] * len(bodies)
        for _ in bodies:
            graded = gradings(heights, called)
            chances = [
                -1.0 if known else self.sure(body, grading)
                for known, body, grading in zip(called, bodies, graded, strict=True)
            ]
            if max(chances) < self.likely:
                break
            called[chances.index(max(chances))] = True
        return called
