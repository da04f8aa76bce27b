"""Qt properties that only hold a value: what the host needs of settings that change nothing but looks."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore


def plain(kind: type | str, name: str, default: Any) -> tuple[QtCore.Property, Any]:
    """The property ``name`` and its C++ setter, keeping the value in ``_name``."""
    key = f"_{name}"

    def get(self: Any) -> Any:
        return self.__dict__.get(key, default)

    def put(self: Any, value: Any) -> None:
        self.__dict__[key] = value

    return QtCore.Property(kind, get, put), put


def plainProperties(**kinds: tuple[type | str, Any]) -> Any:
    """Base class with a plain property, and its setter, for each ``name=(type, default)``."""
    members: dict[str, Any] = {}
    for name, (kind, default) in kinds.items():
        members[name], members[f"set{name[0].upper()}{name[1:]}"] = plain(kind, name, default)
    return members
