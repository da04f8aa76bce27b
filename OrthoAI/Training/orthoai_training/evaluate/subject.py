"""What is measured, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

C = TypeVar("C")


@dataclass(frozen=True)
class Subject(Generic[C]):
    """One case that is made or read when it is asked for.

    Attributes:
        files: that it is read from; none where it is simulated.
    """

    name: str
    load: Callable[[], C]
    files: tuple[Path, ...] = ()
