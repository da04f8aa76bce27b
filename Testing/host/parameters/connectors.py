"""Which widget shows which type of parameter, and how it is read, written and watched."""

from __future__ import annotations

import enum
import pathlib
import typing
from collections.abc import Callable
from typing import Any

import ctk
import qt
import slicer

from .annotations import Choice, Decimals, Maximum, Minimum, SingleStep, WithinRange
from .serializers import PATH_TYPES, isUnion, splitAnnotations


class Connector:
    """Binds a widget to a callback. ``changed`` is the Qt signal, ``read`` and ``write`` convert."""

    def __init__(self, widget: Any, signal: Any, read: Callable[[], Any], write: Callable[[Any], None]) -> None:
        self.widget, self.read, self.write = widget, read, write
        self._signal = signal
        self._slot: Callable[..., None] | None = None

    def onChanged(self, callback: Callable[[], None] | None) -> None:
        """Calls back on each change; None stops that."""
        if self._slot is not None:
            self._signal.disconnect(self._slot)
            self._slot = None
        if callback is not None and self._signal is not None:
            self._slot = lambda *_: callback()
            self._signal.connect(self._slot)


def makeConnector(widget: Any, datatype: Any) -> Connector:
    """The connector for a widget and a (possibly annotated) type, by the widget's exact class as in Slicer."""
    base, annotations = splitAnnotations(datatype)
    for make in (_check, _number, _comboBox, _text, _path, _node):
        connector = make(widget, base, annotations)
        if connector is not None:
            return connector
    raise RuntimeError(
        f"Unable to create GUI connector from datatype '{datatype}' to widget type '{type(widget).__name__}'."
    )


def _property(widget: Any, signal: Any, name: str, convert: Callable[[Any], Any] = lambda value: value) -> Connector:
    return Connector(
        widget, signal, lambda: convert(getattr(widget, name)), lambda value: setattr(widget, name, convert(value))
    )


def _check(widget: Any, base: Any, _annotations: list[Any]) -> Connector | None:
    if base is not bool:
        return None
    if type(widget) in (qt.QCheckBox, ctk.ctkCheckBox):
        return _property(widget, widget.stateChanged, "checked")
    if type(widget) in (qt.QPushButton, ctk.ctkCheckablePushButton):
        widget.checkable = True
        return _property(widget, widget.toggled, "checked")
    return None


def _number(widget: Any, base: Any, annotations: list[Any]) -> Connector | None:
    whole = base is int and type(widget) in (qt.QSlider, qt.QSpinBox)
    real = base in (int, float) and type(widget) in (qt.QDoubleSpinBox, ctk.ctkDoubleSpinBox, ctk.ctkSliderWidget)
    if not whole and not real:
        return None
    for annotation in annotations:
        if isinstance(annotation, Decimals):
            widget.decimals = annotation.value
        elif isinstance(annotation, SingleStep):
            widget.singleStep = annotation.value
        if isinstance(annotation, WithinRange | Minimum):
            widget.minimum = annotation.minimum
        if isinstance(annotation, WithinRange | Maximum):
            widget.maximum = annotation.maximum
    return _property(widget, widget.valueChanged, "value", base)


def _comboBox(widget: Any, base: Any, annotations: list[Any]) -> Connector | None:
    if type(widget) not in (qt.QComboBox, ctk.ctkComboBox):
        return None
    if isinstance(base, type) and issubclass(base, enum.Enum):
        label = getattr(base, "label", lambda item: item.name)
        choices = [(label(item), item) for item in base]
    elif base in (int, float, str, bool):
        choice = next((item for item in annotations if isinstance(item, Choice)), None)
        if choice is None:
            raise RuntimeError("A combo box requires the Choice annotation to be used.")
        choices = [(str(item), item) for item in choice.choices]
    else:
        return None
    values = [value for _, value in choices]
    widget.clear()
    for text, _ in choices:
        widget.addItem(text)

    def write(value: Any) -> None:
        widget.currentIndex = values.index(value)

    return Connector(widget, widget.currentIndexChanged, lambda: values[widget.currentIndex], write)


def _text(widget: Any, base: Any, _annotations: list[Any]) -> Connector | None:
    if base is not str:
        return None
    if type(widget) is qt.QLineEdit:

        def write(value: str) -> None:
            if value != widget.text:  # Writing moves the cursor.
                widget.text = value

        return Connector(widget, widget.textChanged, lambda: widget.text, write)
    if type(widget) is qt.QLabel:
        return _property(widget, None, "text")
    if type(widget) is qt.QTextEdit:
        return Connector(widget, widget.textChanged, widget.toPlainText, widget.setPlainText)
    return None


def _path(widget: Any, base: Any, _annotations: list[Any]) -> Connector | None:
    if base not in PATH_TYPES:
        return None
    signals = {ctk.ctkPathLineEdit: ("currentPath", "currentPathChanged"),
               ctk.ctkDirectoryButton: ("directory", "directoryChanged")}  # fmt: skip
    if type(widget) not in signals:
        return None
    name, signal = signals[type(widget)]

    def write(value: pathlib.PurePath) -> None:
        setattr(widget, name, str(value))

    return Connector(widget, getattr(widget, signal), lambda: base(getattr(widget, name)), write)


def _node(widget: Any, base: Any, _annotations: list[Any]) -> Connector | None:
    kinds = [kind for kind in (typing.get_args(base) if isUnion(base) else (base,)) if kind is not type(None)]
    if not all(isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode) for kind in kinds):
        return None
    if type(widget) is not slicer.qMRMLNodeComboBox:
        return None
    widget.nodeTypes = [kind.__name__ for kind in kinds]
    return Connector(widget, widget.currentNodeChanged, widget.currentNode, widget.setCurrentNode)
