"""A timer of the GUI's event loop."""

from __future__ import annotations

from collections.abc import Callable

import qt


def guiTimer(callback: Callable[[], None], milliseconds: int) -> qt.QTimer:
    """A stopped QTimer that calls ``callback`` every ``milliseconds`` once it is started."""
    timer = qt.QTimer()
    timer.setInterval(milliseconds)
    timer.connect("timeout()", callback)
    return timer
