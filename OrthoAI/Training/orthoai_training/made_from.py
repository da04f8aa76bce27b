"""Files made from others, each beside a note of what it was made from: kept only while that is the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orthoai_training.text_files import read_json, write_json


def is_made_from(file: Path, source: Mapping[str, Any]) -> bool:
    """Whether ``file`` is there and :func:`note_source` said that it is made from ``source``."""
    return file.is_file() and read_json(_note(file)) == source


def forget_source(file: Path) -> None:
    """Before ``file`` is made anew: a stop in between never leaves it with the note of another source."""
    _note(file).unlink(missing_ok=True)


def note_source(file: Path, source: Mapping[str, Any]) -> None:
    """After ``file`` was made: keep what it was made from, which JSON can hold, beside it."""
    write_json(_note(file), source)


def _note(file: Path) -> Path:
    return file.with_name(f"{file.name}.json")
