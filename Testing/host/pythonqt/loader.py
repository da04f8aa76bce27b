"""QUiLoader that makes the widgets of the ``qt``, ``ctk`` and ``slicer`` modules, so that .ui files load unchanged."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any
from xml.etree import ElementTree

from PySide6 import QtCore, QtUiTools, QtWidgets

from .connections import signature_arguments
from .facade import facade


class QUiLoader(facade(QtUiTools.QUiLoader)):  # type: ignore[misc]
    """Loads a .ui file. A widget class that the host lacks is an error, never a silent QWidget.

    Connections of the file are made here, by PythonQt's rules, since Qt knows nothing of the host's own signals.
    """

    def load(self, device: QtCore.QIODevice, parent: QtWidgets.QWidget | None = None) -> QtWidgets.QWidget:
        tree = ElementTree.fromstring(bytes(device.readAll().data()))
        connections = [_Connection.read(element) for element in tree.iterfind("connections/connection")]
        for element in tree.findall("connections"):
            tree.remove(element)
        for widget in tree.iter("widget"):
            _enumsToText(widget)
        self._made: list[Any] = []
        self._missing: set[str] = set()
        buffer = QtCore.QBuffer()
        buffer.setData(ElementTree.tostring(tree))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        root = QtUiTools.QUiLoader.load(self, buffer, parent)
        if self._missing:
            raise LookupError(f"the test host has no widget class {', '.join(sorted(self._missing))}")
        root._loadedWidgets = self._made  # Without a Python reference the Python half of a widget is lost.
        named = {QtCore.QObject.objectName(widget): widget for widget in self._made}
        for connection in connections:
            connection.make(named)
        return root

    def createWidget(
        self, className: str, parent: QtWidgets.QWidget | None = None, name: str = ""
    ) -> QtWidgets.QWidget | None:
        kind = widgetClass(className)
        if kind is None:
            self._missing.add(className)
            kind = widgetClass("QWidget")
        widget = kind(parent)  # type: ignore[misc]
        widget.setObjectName(name)
        self._made.append(widget)
        return widget

    def createLayout(self, className: str, parent: QtCore.QObject | None = None, name: str = "") -> QtWidgets.QLayout:
        # A layout in a layout is given its parent by the loader, which adds it there.
        owner = (parent,) if isinstance(parent, QtWidgets.QWidget) else ()
        layout = widgetClass(className)(*owner)  # type: ignore[misc]
        layout.setObjectName(name)
        self._made.append(layout)
        return layout


class _Connection:
    """One entry of the .ui file's <connections>."""

    def __init__(self, sender: str, signal: str, receiver: str, slot: str) -> None:
        self.sender, self.signal, self.receiver, self.slot = sender, signal, receiver, slot

    @classmethod
    def read(cls, element: ElementTree.Element) -> _Connection:
        return cls(*(element.findtext(key, "") for key in ("sender", "signal", "receiver", "slot")))

    def make(self, widgets: dict[str, Any]) -> None:
        name, count = signature_arguments(self.slot)
        slot = getattr(widgets[self.receiver], name)
        widgets[self.sender].connect(self.signal, partial(_call, slot, count))


def _call(slot: Any, count: int, *arguments: Any) -> None:
    slot(*arguments[:count])


def _enumsToText(element: ElementTree.Element) -> None:
    """Hands the host's own widgets the names of enum values: Qt knows no enum of theirs to read them with."""
    kind = widgetClass(element.get("class", ""))
    if kind is None or not kind.__module__.startswith("host."):
        return
    for item in element.findall("property"):
        if item.get("name") not in kind._qtProperties:  # type: ignore[attr-defined]
            for value in (child for child in item if child.tag in ("enum", "set")):
                value.tag = "string"


def widgetClass(className: str) -> type | None:
    for module in ("slicer", "ctk", "qt"):
        kind = getattr(sys.modules[module], className, None)
        if isinstance(kind, type):
            return kind
    return None
