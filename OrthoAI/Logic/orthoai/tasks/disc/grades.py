"""What a classifier says of one disc."""

from __future__ import annotations

from dataclasses import dataclass

PFIRRMANN = "pfirrmann_grade"
"""Name of the grade among a finding's measurements."""

PFIRRMANN_GRADES = (1, 2, 3, 4, 5)
"""From a bright disc of full height (1) to a black, collapsed one (5) (Pfirrmann et al. 2001)."""


@dataclass(frozen=True)
class DiscGrades:
    """Probabilities for one disc, averaged over the ensemble.

    Attributes:
        herniation: probability that the disc is herniated (prolapsed), 0..1.
        bulge: probability that it bulges, 0..1.
        pfirrmann: probability of each of PFIRRMANN_GRADES; sums to 1.
        herniation_spread, bulge_spread: the ensemble's disagreement, the standard deviation over its members; 0 for a
            single member.
    """

    herniation: float
    bulge: float
    pfirrmann: tuple[float, float, float, float, float]
    herniation_spread: float = 0.0
    bulge_spread: float = 0.0

    @property
    def pfirrmann_grade(self) -> int:
        """The grade nearest to the expected one: neighboring grades are alike, so it beats the most likely one."""
        expected = sum(grade * share for grade, share in zip(PFIRRMANN_GRADES, self.pfirrmann, strict=True))
        return min(5, max(1, round(expected)))
