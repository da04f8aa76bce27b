"""The JSON file by which a folder is known as an OrthoAI output, which a new one may replace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Marker:
    """How the outputs of one kind are known. Other programs write a result.json, too, and that must not cost files.

    Attributes:
        file: name of the JSON file, with "schema_version" and, mostly, the "files" that were written beside it.
        keys: that the file has besides.
        older: names that may lie beside a file that tells no "files", as those of the first versions.
    """

    file: str
    keys: tuple[str, ...]
    older: tuple[str, ...] = ()

    def own_files(self, folder: Path) -> frozenset[str] | None:
        """Names in ``folder`` that OrthoAI wrote; None where it did not make the folder. Raises OSError."""
        try:
            content = json.loads((folder / self.file).read_text("utf-8"))
        except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
            return None
        if not isinstance(content, dict) or not content.keys() >= {"schema_version", *self.keys}:
            return None
        version, told = content["schema_version"], content.get("files", self.older)
        if type(version) is not int or version < 1 or not isinstance(told, list | dict | tuple):
            return None
        return frozenset({self.file, *told}) if all(isinstance(name, str) for name in told) else None
