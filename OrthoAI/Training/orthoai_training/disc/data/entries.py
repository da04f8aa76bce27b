"""What a folder of the SPIDER sets says that it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orthoai.errors import InputError

from orthoai_training.dataset import holds_reviewed
from orthoai_training.text_files import read_json


def read_entries(folder: Path) -> list[dict[str, Any]]:
    """The patients in cases.json, by id. Raises InputError where there is no set."""
    entries = read_json(folder / "cases.json")
    if isinstance(entries, list) and all(_is_patient(entry) for entry in entries):
        return sorted(entries, key=lambda entry: entry["id"])
    if holds_reviewed(folder.parent):
        raise InputError(
            f"{folder.parent} holds reviewed cases, which are for training: give the folder with the SPIDER sets here."
        )
    raise InputError(f"{folder} is not the SPIDER set that it should be: cases.json cannot be read.")


def _is_patient(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("id"), int)
