"""How a run tells how far it is, and how it learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orthoai.errors import Canceled

Report = Callable[[str, float, str], None]


def _silent(stage: str, fraction: float, message: str) -> None:
    """Report to nobody."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Progress:
    """A run's line to whoever started it.

    Args:
        on_report: called with (stage, fraction of that stage in 0..1, message).
        is_canceled: asked at every report and check; True ends the run.
    """

    on_report: Report = _silent
    is_canceled: Callable[[], bool] = _never

    def check(self) -> None:
        """Raise Canceled when a cancel was asked for. Cheap: call it in every loop."""
        if self.is_canceled():
            raise Canceled

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        """Say how far ``stage`` is (0..1), then check for a cancel."""
        self.check()
        self.on_report(stage, min(max(fraction, 0.0), 1.0), message)
