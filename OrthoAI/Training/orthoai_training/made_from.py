"""Files made from others, each beside a note of what it was made from: kept only while that is the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def is_made_from(file: Path, source: Mapping[str, Any]) -> bool:
    """Whether ``file`` is there and :func:`note_source` said that it is made from ``source``."""
    try:
        return file.is_file() and json.loads(_note(file).read_text(encoding="utf-8")) == source
    except (OSError, ValueError):
        return False


def forget_source(file: Path) -> None:
    """Before ``file`` is made anew: a stop in between never leaves it with the note of another source."""
    _note(file).unlink(missing_ok=True)


def note_source(file: Path, source: Mapping[str, Any]) -> None:
    """After ``file`` was made: keep what it was made from, which JSON can hold, beside it."""
    _note(file).write_text(json.dumps(source), encoding="utf-8")


def _note(file: Path) -> Path:
    return file.with_name(f"{file.name}.json")
