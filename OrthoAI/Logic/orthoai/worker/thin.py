"""Progress often enough for the eye, and no more."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

LIMIT = 20
"""Reports that pass in any second."""

STEP_S = 0.1
"""Between two reports of the same stage; what is left of the limit is for changes of the stage."""


class Thinned:
    """A :data:`~orthoai.progress.Report` that hands on at most LIMIT reports a second.

    The first of a stage and its end pass first, the rest as often as STEP_S allows.

    Args:
        report: hears what passes.
        clock: seconds, for tests.
    """

    def __init__(self, report: Callable[[str, float, str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._report, self._clock = report, clock
        self._passed: deque[float] = deque(maxlen=LIMIT)
        self._stage = ""
        self._ended = False

    def __call__(self, stage: str, fraction: float, message: str) -> None:
        """Hand the report on, or drop it."""
        now = self._clock()
        turn = stage != self._stage or (fraction >= 1.0 and not self._ended)
        if len(self._passed) == LIMIT and now - self._passed[0] < 1.0:
            return
        if not turn and self._passed and now - self._passed[-1] < STEP_S:
            return
        self._stage, self._ended = stage, fraction >= 1.0
        self._passed.append(now)
        self._report(stage, fraction, message)
