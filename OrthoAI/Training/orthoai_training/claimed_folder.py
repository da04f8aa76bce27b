"""A folder that one set of options fills, over many calls if need be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orthoai.errors import InputError
from orthoai.output import made_folder, write_error

from orthoai_training.text_files import as_read, read_json, write_json


def claim_folder(folder: Path, note: str, content: Mapping[str, Any], other: str) -> None:
    """Make ``folder`` with the file ``note`` that holds ``content``, or check that it was made with the same.

    Args:
        content: what JSON can hold.
        other: says what the folder holds where that is something else, for the sentence.

    Raises:
        InputError: it holds something else, or cannot be written.
    """
    file = made_folder(folder) / note
    if file.exists():
        if read_json(file) != as_read(content):
            raise InputError(f"{folder} holds {other}: choose another --out.")
        return
    try:
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise write_error(error, folder) from error
    if not is_empty:
        raise InputError(f"{folder} holds other files: choose a new or empty folder for --out.")
    write_json(file, content)
