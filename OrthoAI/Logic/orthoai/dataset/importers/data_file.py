"""data.yaml of a YOLO folder, read once: the names of its classes, and where the paths in it lead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orthoai.dataset.exporters.yolo import DATA_FILE
from orthoai.dataset.importers.source import TEXT_ENCODING
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS


@dataclass(frozen=True)
class DataFile:
    """What data.yaml says.

    Attributes:
        source: the folder that holds it, as it was given.
        folder: the same as an absolute path.
        content: by key; None where there is no data.yaml.
    """

    source: Path
    folder: Path
    content: dict[str, Any] | None

    @classmethod
    def of(cls, source: Path) -> DataFile:
        """That of the folder ``source``. Raises InputError for one that is not readable."""
        # Not resolved: what a link leads to may lie elsewhere.
        folder = Path(os.path.normpath(source.absolute()))
        file = folder / DATA_FILE
        if not file.is_file():
            return cls(source, folder, None)
        try:
            content = yaml.safe_load(file.read_text(TEXT_ENCODING))
        except (OSError, *JSON_ERRORS, yaml.YAMLError) as error:
            raise InputError(f"{file.name} is not readable; save it again.") from error
        return cls(source, folder, content if isinstance(content, dict) else {})

    def class_names(self) -> tuple[str, ...] | None:
        """By number; None where there is no data.yaml. Raises InputError for one that does not number them from 0."""
        if self.content is None:
            return None
        try:
            names = self.content["names"]
            by_number = names if isinstance(names, dict) else dict(enumerate(names))
            return tuple(str(by_number[number]) for number in range(len(by_number)))
        except (KeyError, TypeError) as error:
            raise InputError(f"{DATA_FILE} does not name its classes by number from 0; correct its names.") from error

    def paths(self, key: str) -> list[str]:
        """The paths under ``key`` as they stand there, one or several; none where nothing is said.

        Raises InputError for something else than paths.
        """
        said = (self.content or {}).get(key)
        paths = said if isinstance(said, list) else [said] if said else []
        if not all(isinstance(path, str) and path for path in paths):
            raise InputError(f"{DATA_FILE} has no path under {key}: write there in which folder its pictures lie.")
        return paths

    def place(self, path: str, *roots: Path) -> Path | None:
        """What ``path`` names below the folder, of :meth:`places`; None where nothing is there."""
        return next((place for place in self.places(path, *roots) if place.exists()), None)

    def places(self, path: str, *roots: Path) -> Iterator[Path]:
        """Where below the folder ``path`` may lead, seen from ``roots``, from the root that is given, or from here.

        Roots differ from computer to computer: what follows the folder's own name is looked for here. Some tools write
        "../train" for what lies beside data.yaml.
        """
        plain = Path(path.replace("\\", "/"))
        inner = [part for part in plain.parts if part != ".."]
        own = self.folder / str((self.content or {}).get("path") or "")
        copied = [inner[n:] for n, part in enumerate(inner[:-1], start=1) if part == self.folder.name]
        below = (self.folder.joinpath(*parts) for parts in (inner, *copied))
        for candidate in (*(root / plain for root in (*roots, own, self.folder)), *below):
            place = Path(os.path.normpath(candidate))
            if place.is_relative_to(self.folder):
                yield place
