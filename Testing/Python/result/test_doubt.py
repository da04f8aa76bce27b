"""What a result's doubt says: which case to look at first."""

from __future__ import annotations

import pytest
from orthoai.doubt import NOTHING_FOUND, doubt_of
from orthoai.finding import Finding


@pytest.mark.parametrize(
    ("findings", "doubt"),
    [
        ((), NOTHING_FOUND),
        (((0.9, None),), 0.1),
        (((0.9, None), (0.6, None)), 0.4),
        (((0.9, 0.3),), 0.6),
        (((0.99, 0.0),), 0.01),
        (((0.5, 0.9),), 1.0),
    ],
)
def test_a_result_is_as_doubtful_as_its_most_doubtful_finding(
    findings: tuple[tuple[float, float | None], ...], doubt: float
) -> None:
    assert doubt_of([Finding("bone", "present", *each) for each in findings]) == pytest.approx(doubt)
