"""Progress of minutes and hours as lines for the person who waits."""

from __future__ import annotations

from orthoai.cli.exits import say

LINE_STEP = 0.01
"""A progress line appears when a stage has gone this much further."""


class TrainingLines:
    """Progress as lines on standard error: each new stage, each percent, each validation."""

    def __init__(self) -> None:
        self._stage = ""
        self._shown = -1.0

    def __call__(self, stage: str, fraction: float, message: str) -> None:
        """Print a line when there is news."""
        is_news = stage != self._stage or fraction - self._shown >= LINE_STEP or fraction >= 1.0 > self._shown
        if is_news or message.startswith("validation"):
            self._stage, self._shown = stage, fraction
            say(f"{stage:<10} {fraction:4.0%}  {message}".rstrip())
