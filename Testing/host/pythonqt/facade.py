"""A PythonQt-like subclass for each QObject class of PySide6.

Objects that Qt makes for itself, such as the header of a table, stay plain PySide6 objects: their methods and
``signal.connect`` work as in Slicer, their properties are not attributes. (Assigning ``__class__`` to such an object
works until Qt deletes it, and crashes then.)
"""

from __future__ import annotations

from typing import Any

import shiboken6
from PySide6 import QtCore

from .connections import Connections

_facades: dict[type, FacadeType] = {}
_mixins: dict[str, type] = {}


class FacadeType(type(QtCore.QObject)):  # type: ignore[misc]
    """Class of the facades: an object of the native class counts as an instance, however it was made."""

    def __init__(cls, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> None:
        super().__init__(name, bases, members)
        native = next(base for base in cls.__mro__ if base in _NATIVE_ROOTS or base.__module__.startswith("PySide6."))
        own = {key for base in cls.__mro__[: cls.__mro__.index(native)] for key in base.__dict__}
        meta = native.staticMetaObject
        cls._qtProperties = frozenset(meta.property(i).name() for i in range(meta.propertyCount())) - own

    def __instancecheck__(cls, instance: object) -> bool:
        native = cls.__dict__.get("_native")
        return isinstance(instance, native) if native else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        native = cls.__dict__.get("_native")
        return issubclass(subclass, native) if native else super().__subclasscheck__(subclass)


_NATIVE_ROOTS = (QtCore.QObject,)


class PythonQtObject:
    """What PythonQt adds to every QObject. Comes before the native class in the facades."""

    def __getattribute__(self, name: str) -> Any:
        get = super().__getattribute__
        if name.startswith("_"):
            return get(name)
        if not shiboken6.isValid(self):
            raise RuntimeError(f"{type(self).__name__}.{name}: the C++ object was deleted, or never initialized")
        if name == "connect":
            return get("_connectBySignature")
        if name == "disconnect":
            return get("_disconnectBySignature")
        if name in get("_qtProperties") and (id(self), name) not in _reading:
            return _readProperty(self, name)
        return get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in type(self)._qtProperties:  # type: ignore[attr-defined]
            self._setQtProperty(name, value)
        elif name.startswith("_") or hasattr(type(self), name) or not _isFacade(type(self)):
            super().__setattr__(name, value)
        elif isinstance(value, QtCore.QObject) and QtCore.QObject.objectName(value) == name:
            super().__setattr__(name, value)  # QUiLoader: PythonQt too finds a child by its name.
        else:
            raise AttributeError(
                f"{type(self).__name__}.{name} does not exist, and C++ objects take no new attributes in Slicer"
            )

    def _setQtProperty(self, name: str, value: Any) -> None:
        setter = getattr(self, f"set{name[0].upper()}{name[1:]}", None)
        if setter is not None:
            setter(value)
        elif not QtCore.QObject.setProperty(self, name, value):  # type: ignore[call-overload]
            raise AttributeError(f"{type(self).__name__}.{name} cannot be set to {value!r}")

    def _connectBySignature(self, signature: str, slot: Any) -> bool:
        if not hasattr(self, "_connections"):
            self._connections = Connections()
        return self._connections.add(self, signature, slot)  # type: ignore[arg-type]

    def _disconnectBySignature(self, signature: str, slot: Any = None) -> bool:
        return hasattr(self, "_connections") and self._connections.remove(signature, slot)

    def disconnectAll(self) -> None:
        """Host only: undoes every ``connect`` by signature."""
        if hasattr(self, "_connections"):
            self._connections.clear()

    @property
    def name(self) -> str:
        return QtCore.QObject.objectName(self)  # type: ignore[arg-type]

    @name.setter
    def name(self, value: str) -> None:
        QtCore.QObject.setObjectName(self, value)  # type: ignore[call-overload]

    def className(self) -> str:
        return type(self).__name__

    def delete(self) -> None:
        deleteTree(self)  # type: ignore[arg-type]


_reading: set[tuple[int, str]] = set()
"""Properties that are being read. Qt reads some, such as sizeHint, by a virtual function, for which PySide6 first looks
here for an override: without this it would find the property again, some hundred times, at every call."""


def _readProperty(owner: Any, name: str) -> Any:
    _reading.add((id(owner), name))
    try:
        return QtCore.QObject.property(owner, name)  # type: ignore[call-overload]
    finally:
        _reading.discard((id(owner), name))


def _isFacade(kind: type) -> bool:
    """Whether a class stands for a C++ class, rather than being derived in the code under test."""
    return "_native" in kind.__dict__ or kind.__module__.startswith("host.")


def deleteTree(root: QtCore.QObject) -> None:
    """Deletes an object, its children first: a Python half that is still held then raises instead of crashing."""
    for child in reversed(QtCore.QObject.findChildren(root, QtCore.QObject)):
        if shiboken6.isValid(child) and shiboken6.createdByPython(child):
            shiboken6.delete(child)
    shiboken6.delete(root)


def addMixin(className: str, mixin: type) -> None:
    """Puts a class before the native one in the facades of ``className`` and of its native subclasses."""
    _mixins[className] = mixin


def facade(native: type) -> FacadeType:
    """The facade of a native QObject class, made at its first use."""
    if native not in _facades:
        extra = tuple(_mixins[base.__name__] for base in native.__mro__ if base.__name__ in _mixins)
        members = {"_native": native, "__module__": "qt"}
        _facades[native] = FacadeType(native.__name__, (*extra, PythonQtObject, native), members)
    return _facades[native]
