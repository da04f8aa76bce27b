"""The ``qt`` module: all of PySide6 under one roof, as PythonQt has it."""

from __future__ import annotations

import types
from typing import Any

from PySide6 import QtCore, QtGui, QtNetwork, QtWidgets

from .facade import facade
from .loader import QUiLoader

# PythonQt in Slicer has none of these: a module that uses them would break there.
_NOT_IN_PYTHONQT = frozenset(
    {"Signal", "SignalInstance", "Slot", "Property", "ClassInfo", "QtCore", "QtGui", "QtWidgets"}
)


class QtModule(types.ModuleType):
    """Looks names up in the PySide6 modules at their first use."""

    def __init__(self) -> None:
        super().__init__("qt", "Stand-in for the qt module of Slicer")
        self.QUiLoader = QUiLoader

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in _NOT_IN_PYTHONQT:
            raise AttributeError(f"module 'qt' has no attribute '{name}'")
        for source in (QtCore, QtGui, QtWidgets, QtNetwork):
            if hasattr(source, name):
                value = getattr(source, name)
                if isinstance(value, type) and issubclass(value, QtCore.QObject):
                    value = facade(value)
                setattr(self, name, value)
                return value
        raise AttributeError(f"module 'qt' has no attribute '{name}'")
