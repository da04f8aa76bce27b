"""``slicer.packaging`` that installs nothing: it writes down what it was asked for. ``pip`` itself is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

calls: list[Call] = []


@dataclass(frozen=True)
class Call:
    """One call: the function's name, its requirements and its keyword arguments."""

    function: str
    requirements: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


def refuse(*requirements: Any, **_options: Any) -> None:
    """pip_install and pip_uninstall: a test must never change its environment."""
    raise AssertionError(f"pip was asked for {requirements}; the test host installs nothing")
