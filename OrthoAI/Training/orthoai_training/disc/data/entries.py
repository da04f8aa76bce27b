"""What a folder of the SPIDER sets says that it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from orthoai.errors import InputError

from orthoai_training.dataset import holds_reviewed


def read_entries(folder: Path) -> list[dict[str, Any]]:
    """The patients in cases.json, by id. Raises InputError where there is no set."""
    try:
        entries: list[dict[str, Any]] = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        if holds_reviewed(folder.parent):
            raise InputError(
                f"{folder.parent} holds reviewed cases, which the disc networks do not train on yet: give the folder "
                "with the SPIDER sets."
            ) from error
        raise InputError(f"{folder} is not the SPIDER set that it should be: cases.json cannot be read.") from error
    return sorted(entries, key=lambda entry: entry["id"])
