"""How long somebody has really worked on a case."""

from __future__ import annotations

import time
from collections.abc import Callable

IDLE_S = 60.0
"""Seconds without any sign of life after which the reviewer counts as away: a pause does not make a case difficult."""


class ActiveTime:
    """Sums the time between signs of life; a longer pause counts as IDLE_S.

    Args:
        seconds: time already spent.
        clock: seconds from any zero.
    """

    def __init__(self, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = max(0.0, seconds)
        self._clock = clock
        self._last: float | None = clock()

    def touch(self) -> float:
        """The reviewer did something. Returns the seconds so far."""
        now = self._clock()
        if self._last is not None:
            self._seconds += min(max(0.0, now - self._last), IDLE_S)
        self._last = now
        return self._seconds

    def pause(self) -> None:
        """Stop counting until the next sign of life, for example while another module is open."""
        self.touch()
        self._last = None
