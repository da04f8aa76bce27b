"""Text and JSON that a call leaves for people and for the next call."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from orthoai.output import beside, write_error


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises InputError when the disk refuses."""
    aside = beside(path)
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        with suppress(OSError):  # What it says would hide why the file could not be written.
            aside.unlink()


def write_json(path: Path, content: object) -> None:
    """Write ``content``, which JSON can hold, as :func:`write_text` does."""
    write_text(path, json.dumps(content, indent=1))


def read_json(path: Path) -> Any:
    """What the file says; None where it is not there, or damaged.

    Raises:
        InputError: there is something that may not be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, *JSON_ERRORS):
        return None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its rights.") from error


def as_read(content: object) -> Any:
    """``content`` as :func:`read_json` gives it back, to compare with: a tuple becomes a list."""
    return json.loads(json.dumps(content))
