"""Genant's semi-quantitative grades: loss of height against the neighbors, its pattern and its grade.

Genant et al., J Bone Miner Res 1993: grade 1 from 20 %, 2 from 25 %, 3 from 40 % of height lost at any of the anterior,
middle and posterior height. The classes are those of Ismail et al., Osteoporos Int 1999.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

GRADE_CUTS = (0.20, 0.25, 0.40)
"""Height loss from which on grade 1, 2 and 3 are given."""

POSTERIOR_CUT = 0.20
"""Loss of posterior height from which on a fracture is a crush."""

CLEAR_LOSS = 0.25
"""Loss from which on a body that is called normal is no measure for its neighbors: a grade 2."""

LEAST_LOSS = GRADE_CUTS[0] / 2
"""Loss below which a body is not called a fracture, whatever it looks like: half of what the mildest has, since heights
are measured in a network's mask."""

TIE = 1e-9
"""What a loss may lack of a cut that it reaches: a share computed of two heights is not exact."""

CRUSH, WEDGE, BICONCAVE, NORMAL = "crush", "wedge", "biconcave", "normal"

UNCLEAR = "unclear"
"""Of a body of which network and heights say the opposite, so that neither can stand."""


class Heights(NamedTuple):
    """Anterior, middle and posterior height in mm, or one share for each of them."""

    anterior: float
    middle: float
    posterior: float


class Grading(NamedTuple):
    """What the heights of one body say.

    Attributes:
        expected: mm, from the neighbors.
        losses: share of the expected height that is missing at each site; negative where it is exceeded.
        label: "normal", "crush", "wedge" or "biconcave".
        grade: 0 to 3.
    """

    expected: Heights
    losses: Heights
    label: str
    grade: int

    @property
    def loss(self) -> float:
        """The largest loss over the sites."""
        return max(self.losses)


def reference(heights: Sequence[Heights | None], usable: Sequence[bool], index: int) -> Heights | None:
    """Heights expected of body ``index``: the mean of the nearest usable ones above and below, or the one there is.

    Args:
        heights: along the spine; None where a body could not be measured.
        usable: unfractured and whole.
    """
    sides = (range(index - 1, -1, -1), range(index + 1, len(heights)))
    found = []
    for side in sides:
        nearest = next((heights[n] for n in side if usable[n] and heights[n] is not None), None)
        if nearest is not None:
            found.append(nearest)
    if not found:
        return None
    anterior, middle, posterior = (sum(site) / len(found) for site in zip(*found, strict=True))
    return Heights(anterior, middle, posterior)


def losses(measured: Heights, expected: Heights) -> Heights:
    """Share of the expected height that is lost at each site."""
    anterior, middle, posterior = (1 - own / wanted for own, wanted in zip(measured, expected, strict=True))
    return Heights(anterior, middle, posterior)


def grade(loss: float) -> int:
    """Genant's grade, 0 to 3, of the largest loss over the sites."""
    return sum(reaches(loss, cut) for cut in GRADE_CUTS)


def reaches(loss: float, cut: float) -> bool:
    """Whether ``loss`` is ``cut`` or more, both shares of the expected height: 16 of 20 mm have lost 20 %."""
    return loss >= cut - TIE


def classify(lost: Heights) -> tuple[str, int]:
    """(label, grade): "normal" below 20 % loss; else crush where the back has given way too, biconcave or wedge.

    Example:
        >>> classify(Heights(0.3, 0.1, 0.0)), classify(Heights(0.1, 0.45, 0.1)), classify(Heights(0.3, 0.3, 0.25))
        (('wedge', 2), ('biconcave', 3), ('crush', 2))
    """
    found = grade(max(lost))
    if not found:
        return NORMAL, 0
    if reaches(lost.posterior, POSTERIOR_CUT):
        return CRUSH, found
    return (BICONCAVE if lost.middle >= lost.anterior else WEDGE), found


def gradings(heights: Sequence[Heights | None], fractured: Sequence[bool]) -> list[Grading | None]:
    """Each body against its unfractured neighbors; None where it, or every neighbor, cannot be measured.

    A body that is not called fractured, yet has lost CLEAR_LOSS or more against its own neighbors, no longer serves as
    a neighbor.

    Args:
        heights: along the spine; None for a body that is cut by the field of view or cannot be measured.
        fractured: which bodies are known to be broken.
    """
    usable = [each is not None and not broken for each, broken in zip(heights, fractured, strict=True)]
    while True:
        found = [_grading(heights, usable, index) for index in range(len(heights))]
        doubtful = [
            (grading.loss, index)
            for index, grading in enumerate(found)
            if usable[index] and grading is not None and reaches(grading.loss, CLEAR_LOSS)
        ]
        if not doubtful:
            return found
        usable[max(doubtful)[1]] = False


def _grading(heights: Sequence[Heights | None], usable: Sequence[bool], index: int) -> Grading | None:
    own, expected = heights[index], reference(heights, usable, index)
    if own is None or expected is None:
        return None
    lost = losses(own, expected)
    return Grading(expected, lost, *classify(lost))
