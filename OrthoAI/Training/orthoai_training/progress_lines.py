"""Progress of minutes and hours as lines for the person who waits."""

from __future__ import annotations

from dataclasses import replace

from orthoai.cli.exits import say
from orthoai.cli.supervise import StopRequest
from orthoai.progress import Progress, Report

LINE_STEP = 0.01
"""A progress line appears when a stage has gone this much further."""


def shown_progress(quiet: bool, stop: StopRequest | None = None, report: Report | None = None) -> Progress:
    """Progress as ``report`` shows it, by default as :class:`TrainingLines`, or not at all; canceled by ``stop``."""
    progress = Progress() if quiet else Progress(report or TrainingLines())
    return progress if stop is None else replace(progress, is_canceled=lambda: stop.asked)


def every_line(stage: str, fraction: float, message: str) -> None:
    """A line on standard error per report."""
    say(f"{stage:<10} {fraction:4.0%}  {message}".rstrip())


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
            every_line(stage, fraction, message)
