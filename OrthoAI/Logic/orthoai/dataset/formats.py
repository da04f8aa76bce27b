"""Formats by name: OrthoAI's own, and those that other packages add by entry points."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import entry_points
from typing import Protocol, TypeVar

from orthoai.errors import InputError


class Format(Protocol):
    """What a person types for it is its name."""

    @property
    def name(self) -> str:
        """Such as "yolo-detect"."""


F = TypeVar("F", bound=Format)


def with_others(own: Iterable[F], group: str, kind: type[F]) -> list[F]:
    """``own``, then every ``kind`` that the entry points of ``group`` name, by name.

    One of the name of another, or that cannot be loaded, is left out.
    """
    found = {each.name: each for each in own}
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        try:
            other = entry.load()
        except Exception:  # Another package's fault must not take our own formats away.
            continue
        if isinstance(other, kind):
            found.setdefault(other.name, other)
    return list(found.values())


def named(formats: list[F], name: str, what: str) -> F:
    """The one of ``formats`` called ``name``. Raises InputError that lists the names when there is none.

    Args:
        what: they are, such as "export format".
    """
    for each in formats:
        if each.name == name:
            return each
    names = ", ".join(each.name for each in formats)
    raise InputError(f'There is no {what} "{name}": choose one of {names}.')
