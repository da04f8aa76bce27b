"""``object.connect("clicked(bool)", slot)`` as PythonQt does it."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from PySide6 import QtCore


def signature_arguments(signature: str) -> tuple[str, int]:
    """Name and number of arguments of a C++ signature such as ``clicked(bool)``."""
    name, bracket, rest = signature.strip().partition("(")
    if not bracket or not rest.endswith(")"):
        raise ValueError(f"'{signature}' is not a signal signature; expected a form such as 'clicked(bool)'")
    arguments = rest[:-1].strip()
    return name, len(arguments.split(",")) if arguments else 0


def accepted_arguments(slot: Callable) -> int | None:
    """How many positional arguments PythonQt hands to a slot: None where it hands over all of them."""
    function = slot.__func__ if inspect.ismethod(slot) else slot
    if not inspect.isfunction(function) or function.__code__.co_flags & inspect.CO_VARARGS:
        return None
    return function.__code__.co_argcount - (1 if inspect.ismethod(slot) else 0)


def find_signal(sender: QtCore.QObject, signature: str) -> tuple[QtCore.SignalInstance, int]:
    """The bound signal and its number of arguments. Raises ValueError for a signal that the class does not have."""
    name, count = signature_arguments(signature)
    normalized = bytes(QtCore.QMetaObject.normalizedSignature(signature).data()).decode()
    declared: dict[str, str] = getattr(type(sender), "SIGNALS", {})
    known = QtCore.QObject.metaObject(sender).indexOfSignal(normalized) >= 0
    if normalized in declared:
        name = declared[normalized]
    elif not known:
        raise ValueError(f"{type(sender).__name__} has no signal {normalized}")
    return getattr(sender, name), count


# PySide6 decides by a function's own parameters how many arguments of a signal it gets.
_RELAYS: tuple[Callable[[Callable], Callable], ...] = (
    lambda slot: lambda: slot(),
    lambda slot: lambda a: slot(a),
    lambda slot: lambda a, b: slot(a, b),
    lambda slot: lambda a, b, c: slot(a, b, c),
)


class Connections:
    """The slots that an object's signals were connected to by signature: kept so that they can be disconnected."""

    def __init__(self) -> None:
        self._slots: list[tuple[str, Callable, Callable, QtCore.SignalInstance]] = []

    def add(self, sender: QtCore.QObject, signature: str, slot: Callable) -> bool:
        if not callable(slot):
            raise TypeError(f"the slot of {signature} cannot be called: {slot!r}")
        signal, count = find_signal(sender, signature)
        accepted = accepted_arguments(slot)
        passed = count if accepted is None else min(count, accepted)

        relay = _RELAYS[passed](slot)
        signal.connect(relay)
        self._slots.append((signature, slot, relay, signal))
        return True

    def clear(self) -> None:
        for signature in {entry[0] for entry in self._slots}:
            self.remove(signature, None)

    def remove(self, signature: str, slot: Callable | None) -> bool:
        kept = []
        for entry in self._slots:
            if entry[0] == signature and (slot is None or entry[1] == slot):
                entry[3].disconnect(entry[2])
            else:
                kept.append(entry)
        removed = len(kept) < len(self._slots)
        self._slots = kept
        return removed
