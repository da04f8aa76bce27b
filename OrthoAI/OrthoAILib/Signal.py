"""A signal in plain Python. Custom Qt signals made from Python crash in PythonQt, and tests need none of Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Signal:
    """Calls whoever has connected, in the order of connecting, in the thread of the caller.

    Example:
        >>> finished = Signal()
        >>> finished.connect(print)
        >>> finished.emit("done")
        done
    """

    def __init__(self) -> None:
        self._slots: list[Callable[..., Any]] = []

    def connect(self, slot: Callable[..., Any]) -> None:
        """Call ``slot`` at every emit; a slot that is connected already is not called twice."""
        if slot not in self._slots:
            self._slots.append(slot)

    def disconnect(self, slot: Callable[..., Any] | None = None) -> None:
        """Stop calling ``slot``, or everybody where None. Harmless when it is not connected."""
        self._slots = [] if slot is None else [known for known in self._slots if known != slot]

    def emit(self, *arguments: Any) -> None:
        """Call every slot with ``arguments``. Slots may connect and disconnect meanwhile."""
        for slot in tuple(self._slots):
            slot(*arguments)
