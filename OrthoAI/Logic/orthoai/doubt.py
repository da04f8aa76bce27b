"""How little a result can be relied on, to look first at what teaches most."""

from __future__ import annotations

from collections.abc import Sequence

from orthoai.finding import Finding

NOTHING_FOUND = 0.5
"""Of a result without findings: it may be right, and it may have missed everything."""


def doubt_of(findings: Sequence[Finding]) -> float:
    """0 (sure) to 1, as doubtful as the most doubtful finding.

    A finding is as doubtful as its class is improbable, or as those that voted disagree: 0 to 50 % of them, so twice
    that.

    Example:
        >>> doubt_of([Finding("femur_left", "present", 0.75), Finding("femur_right", "present", 0.9, 0.25)])
        0.5
    """
    doubts = (max(1 - finding.probability, 2 * (finding.uncertainty or 0.0)) for finding in findings)
    return min(1.0, max(doubts, default=NOTHING_FOUND))
