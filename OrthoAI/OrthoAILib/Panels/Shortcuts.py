"""Keyboard shortcuts that work only while the module is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt


class Shortcuts:
    """A set of shortcuts that can be switched on and off.

    Args:
        actions: what to call, by key sequence such as "Ctrl+Return".
    """

    def __init__(self, actions: dict[str, Callable[[], Any]]) -> None:
        self._actions = dict(actions)
        self._installed: list[Any] = []

    def install(self, parent: Any) -> None:
        """Switch on for the window of ``parent`` (a widget). Harmless when they are on."""
        if self._installed:
            return
        for keys, action in self._actions.items():
            shortcut = qt.QShortcut(parent)
            shortcut.setKey(qt.QKeySequence(keys))
            shortcut.connect("activated()", action)
            self._installed.append(shortcut)

    def remove(self) -> None:
        """Switch off."""
        for shortcut in self._installed:
            shortcut.setEnabled(False)
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._installed = []
