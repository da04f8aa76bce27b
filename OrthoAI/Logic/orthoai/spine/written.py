"""A loss or a ratio that stands beside a grade, rounded for people: 24.8 % beside a grade 1 is not 25 %."""

from __future__ import annotations

from orthoai.spine.genant import GRADE_CUTS, reaches

LOSS, RATIO = "height_loss", "posterior_ratio"
"""Measurements that a grade is told by: the largest loss, and what is left of the posterior height expected."""

MOST_DIGITS = 12
"""Digits that are enough for anything: what is nearer to a cut-off reaches it."""


def written(name: str, value: float, digits: int, kind: str = "f") -> str:
    """``value`` of the measurement ``name`` with ``digits``, or as many more as keep it on its side of every cut-off.

    Args:
        kind: of Python's formats: "f" and "%" count decimals, "g" all digits.

    Example:
        >>> written("height_loss", 0.248, 0, "%"), written("height_loss", 0.25, 0, "%"), written("volume", 0.248, 1)
        ('24.8%', '25%', '0.2')
    """
    grade = _grade(name, value)
    for count in range(digits, MOST_DIGITS):
        text = f"{value:.{count}{kind}}"
        told = float(text.removesuffix("%")) / (100 if kind == "%" else 1)
        if _grade(name, told) == grade:
            return text
    return f"{value:.{MOST_DIGITS}{kind}}"


def _grade(name: str, value: float) -> int:
    """How many of the cut-offs the measurement ``name`` reaches; 0 for one that has none."""
    if name not in (LOSS, RATIO):
        return 0
    return sum(reaches(value if name == LOSS else 1 - value, cut) for cut in GRADE_CUTS)
