"""JSON that others may have written or damaged: what reading it raises, and its values by their kind."""

from __future__ import annotations

from typing import Any

JSON_ERRORS = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""Raised by text that is not what it should be: OverflowError by Infinity and long integers in place of a common
number, RecursionError by deep nesting."""

_MISSING = object()


def take(content: Any, key: str, kind: type, default: Any = _MISSING) -> Any:
    """``content[key]``, which must be of ``kind``, or ``default``. Raises ValueError that names the key."""
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")
    value = content.get(key, default)
    if value is _MISSING:
        raise ValueError(f'"{key}" is missing')
    # bool is an int in Python, not in JSON.
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f'"{key}" is not of type {kind.__name__}')
    # JSON can hold half a character, which can be neither shown nor written.
    if isinstance(value, str) and value != value.encode(errors="replace").decode():
        raise ValueError(f'"{key}" is no text')
    return value


def take_labels(content: Any, key: str = "labels") -> dict[int, str]:
    """Name by voxel value. Raises ValueError that names what is wrong."""
    labels = {}
    for value, name in take(content, key, dict).items():
        if not value.isdecimal() or not isinstance(name, str):
            raise ValueError(f'"{key}" holds {value!r}: {name!r}, not a voxel value and a name')
        labels[int(value)] = name
    return labels
