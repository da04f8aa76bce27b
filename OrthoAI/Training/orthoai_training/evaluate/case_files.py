"""Whether the files of a case are still those that a record was measured on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from orthoai.errors import InputError
from orthoai.models.hashing import file_sha256


def files_sha256(files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file, by its name. Raises InputError where one cannot be read."""
    return {file.name: _sha256(file) for file in files}


def _sha256(file: Path) -> str:
    try:
        return file_sha256(file)
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}): check its rights.") from error
