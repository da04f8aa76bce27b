"""VTK observers that end with the widget that set them up."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import shiboken6
import vtk


class Observation:
    """Observers of VTK objects, calling methods of a widget as long as it lives."""

    def __init__(self) -> None:
        self._tags: list[tuple[Any, int]] = []

    def add(self, subject: Any, event: Any, method: Callable[..., None], withObject: bool = False) -> None:
        """Calls ``method()`` at each event; with ``withObject`` the event's VTK object is its argument."""
        target = weakref.WeakMethod(method)

        def relay(*arguments: Any) -> None:
            living = target()
            if living is None or not shiboken6.isValid(living.__self__):
                subject.RemoveObserver(tag)
            else:
                living(*arguments[2:])

        if withObject:
            relay.CallDataType = vtk.VTK_OBJECT  # type: ignore[attr-defined]
        tag = subject.AddObserver(event, relay)
        self._tags.append((subject, tag))

    def clear(self) -> None:
        for subject, tag in self._tags:
            subject.RemoveObserver(tag)
        self._tags.clear()
