"""The ``@parameterNodeWrapper`` decorator."""

from __future__ import annotations

import typing
from typing import Any

import qt
import slicer
import vtk

from .annotations import Default
from .connectors import Connector, makeConnector
from .serializers import Serializer, makeSerializer, splitAnnotations

SlicerParameterNamePropertyName = "SlicerParameterName"


class Parameter:
    """One typed member of a wrapper class."""

    def __init__(self, name: str, kind: Any, owner: type) -> None:
        self.name, self.kind = name, kind
        self.serializer: Serializer = makeSerializer(kind)
        given = next((item for item in splitAnnotations(kind)[1] if isinstance(item, Default)), None)
        if hasattr(owner, name):
            given = Default(getattr(owner, name))
        self.default = given or Default(self.serializer.default)

    def read(self, node: Any, key: str) -> Any:
        if not self.serializer.isIn(node, key):
            self.serializer.write(node, key, self.default.value)
        return self.serializer.read(node, key)


class _Wrapper:
    """Base that the decorator puts under the class; the typed members are properties of the class."""

    allParameters: typing.ClassVar[dict[str, Parameter]] = {}
    _is_parameter_node_wrapper = True

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        self.parameterNode = parameterNode
        self._prefix = prefix or ""
        self._guis: dict[int, tuple[dict[str, Connector], int]] = {}
        self._nextTag = 0
        self._writingGui = False
        for parameter in self.allParameters.values():
            parameter.read(parameterNode, self._prefix + parameter.name)

    # Values

    def getValue(self, name: str) -> Any:
        return self._parameter(name).read(self.parameterNode, self._prefix + name)

    def setValue(self, name: str, value: Any) -> None:
        serializer = self._parameter(name).serializer
        with slicer.util.NodeModify(self.parameterNode):
            serializer.write(self.parameterNode, self._prefix + name, value)

    def default(self, name: str) -> Default:
        return self._parameter(name).default

    @classmethod
    def dataType(cls, name: str) -> Any:
        return cls._parameter(name).kind

    @classmethod
    def _parameter(cls, name: str) -> Parameter:
        if name not in cls.allParameters:
            raise ValueError(f"Cannot find a param with the given name: {name}")
        return cls.allParameters[name]

    # Widgets

    def connectGui(self, gui: Any) -> int:
        """Binds the widgets that carry the SlicerParameterName property; returns the tag for disconnectGui."""
        isWidget = getattr(gui, "isWidgetType", lambda: False)()

        widgets = gui.findChildren(qt.QWidget) if isWidget else vars(gui).values()
        named = ((widget.property(SlicerParameterNamePropertyName), widget) for widget in widgets)
        return self.connectParametersToGui({name: widget for name, widget in named if name})

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        connectors = {name: makeConnector(widget, self.dataType(name)) for name, widget in mapping.items()}
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.onChanged(self._guiToParameter(name, connector))
        observer = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: self._updateGuis())
        tag, self._nextTag = self._nextTag, self._nextTag + 1
        self._guis[tag] = (connectors, observer)
        return tag

    def disconnectGui(self, tag: int) -> None:
        if tag in self._guis:
            connectors, observer = self._guis.pop(tag)
            self.RemoveObserver(observer)
            for connector in connectors.values():
                connector.onChanged(None)

    def _guiToParameter(self, name: str, connector: Connector) -> Any:
        def write() -> None:
            if not self._writingGui:
                self.setValue(name, connector.read())

        return write

    def _updateGuis(self) -> None:
        if self._writingGui:
            return
        self._writingGui = True
        try:
            for connectors, _ in list(self._guis.values()):
                for name, connector in connectors.items():
                    connector.write(self.getValue(name))
        finally:
            self._writingGui = False

    # The node's own interface

    def StartModify(self) -> int:
        return self.parameterNode.StartModify()

    def EndModify(self, wasModified: int) -> int:
        return self.parameterNode.EndModify(wasModified)

    def AddObserver(self, event: Any, callback: Any, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        self.parameterNode.Modified()


def parameterNodeWrapper(classtype: type | None = None) -> Any:
    """Turns a class with annotated members into a typed view of a parameter node."""
    return _wrap if classtype is None else _wrap(classtype)


def _wrap(classtype: type) -> type:
    hints = typing.get_type_hints(classtype, include_extras=True)
    members: dict[str, Any] = {key: value for key, value in vars(classtype).items() if key not in _CLASS_INTERNALS}
    parameters = {}
    for name, kind in hints.items():
        if hasattr(_Wrapper, name):
            raise ValueError(f"Cannot use reserved name '{name}' in a parameterNodeWrapper")
        parameters[name] = Parameter(name, kind, classtype)
        members[name] = _member(name)
    members["allParameters"] = parameters
    return type(classtype.__name__, (*classtype.__bases__[:-1], _Wrapper), members)


_CLASS_INTERNALS = frozenset({"__dict__", "__weakref__"})


def _member(name: str) -> property:
    return property(lambda self: self.getValue(name), lambda self, value: self.setValue(name, value))


def isParameterNodeWrapper(classOrObject: Any) -> bool:
    return getattr(classOrObject, "_is_parameter_node_wrapper", False)
