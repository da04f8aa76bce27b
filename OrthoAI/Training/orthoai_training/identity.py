"""What tells whether cases are still those that something was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from orthoai.errors import InputError
from orthoai.models.hashing import file_sha256


def place_of(folder: Path) -> str:
    """The folder's path as 16 hex digits of a hash: paths do not belong into results."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]


def last_names(folder: Path) -> str:
    """A folder of shapes or textures by its last two names, which are the same on another machine."""
    return "/".join(folder.parts[-2:])


def files_sha256(files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file, by its name. Raises InputError where one cannot be read."""
    return {file.name: _sha256(file) for file in files}


def _sha256(file: Path) -> str:
    try:
        return file_sha256(file)
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}): check its rights.") from error
