"""Which pictures of a YOLO folder train, validate and test: as its data.yaml says, else as its folders are called."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orthoai.dataset.exporters.yolo import DATA_FILE
from orthoai.dataset.importers.source import TEST, TRAIN, VAL, side_of
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS

UNLISTED = "unlisted"
"""The side of a picture that data.yaml names in no part, though it names those that train."""

KEYS = {"test": TEST, "train": TRAIN, "val": VAL, "validation": VAL}
"""Of data.yaml. Of a path under two of them the first here counts: with no others, what trains is told to validate."""

CORRECT = "correct it, or take it out if there is none"
"""What to do about a path that leads nowhere: some tools name test pictures also where there are none."""

LIST = ".txt"
"""A part may be a file with a picture's path on each line in place of a folder."""


def sides_of(folder: Path, pictures: Sequence[Path]) -> dict[Path, str | None]:
    """The side of each of the ``pictures`` below ``folder``: "train", "val", "test", UNLISTED, or None for none said.

    Of the parts of data.yaml that hold a picture, the one with the longest path counts, unless a folder in it says
    otherwise: "train: images" does not make images/val train. A picture in none goes by the names of its folders.

    Raises:
        InputError: data.yaml is not readable, or a path in it is missing, outside the folder, or holds no picture.
    """
    data = _DataFile.of(folder)
    lineages = {picture: _lineage(data.folder / picture.relative_to(folder)) for picture in pictures}
    parts = data.parts({place for lineage in lineages.values() for place in lineage})
    rest = UNLISTED if TRAIN in parts.values() else None
    found: dict[Path, str | None] = {}
    for picture, lineage in lineages.items():
        part = next((place for place in lineage if place in parts), data.folder)
        by_folders = side_of(lineage[0].relative_to(part).parent.parts)
        found[picture] = by_folders or parts.get(part, rest)
    return found


def split_lists(folder: Path) -> set[Path]:
    """The text files below ``folder`` that data.yaml names in place of folders. Raises InputError as above."""
    data = _DataFile.of(folder)
    return {folder / place.relative_to(data.folder) for _, _, place in data.named() if _is_list(place)}


def _lineage(picture: Path) -> tuple[Path, ...]:
    return picture, *picture.parents


def _is_list(place: Path) -> bool:
    return place.suffix.lower() == LIST and place.is_file()


@dataclass(frozen=True)
class _DataFile:
    """What data.yaml in ``folder``, an absolute path, says of the split in its ``content``."""

    folder: Path
    content: dict[str, Any]

    @classmethod
    def of(cls, folder: Path) -> _DataFile:
        """That of ``folder``; one that says nothing where there is none. Raises InputError for a damaged one."""
        # Not resolved: what a link leads to may lie elsewhere.
        folder = Path(os.path.normpath(folder.absolute()))
        file = folder / DATA_FILE
        if not file.is_file():
            return cls(folder, {})
        try:
            content = yaml.safe_load(file.read_text("utf-8"))
        except (OSError, *JSON_ERRORS, yaml.YAMLError) as error:
            raise InputError(f"{file.name} is not readable; save it again.") from error
        return cls(folder, content if isinstance(content, dict) else {})

    def named(self) -> Iterator[tuple[str, str, Path]]:
        """(key, path as it stands there, the folder or list that it names) of each, in the order of KEYS."""
        for key in KEYS:
            for entry in _entries(key, self.content.get(key)):
                yield key, entry, self._place(key, entry)

    def parts(self, held: set[Path]) -> dict[Path, str]:
        """The side of each folder and picture that is named; ``held`` are all pictures and the folders they lie in."""
        found: dict[Path, str] = {}
        for key, entry, place in self.named():
            for part in self._listed(key, place) if _is_list(place) else [place]:
                if part not in held:
                    raise InputError(f"{DATA_FILE} names {entry} under {key}, which holds no picture: {CORRECT}.")
                found.setdefault(part, KEYS[key])
        return found

    def _listed(self, key: str, file: Path) -> list[Path]:
        """The pictures that the list ``file`` names."""
        try:
            # Editors of Windows begin a file with a mark.
            lines = file.read_text("utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise InputError(f"{file.name} is not readable; write a picture's path on each line.") from error
        return [self._place(key, line.strip(), file.parent) for line in lines if line.strip()]

    def _place(self, key: str, entry: str, *roots: Path) -> Path:
        """What ``entry`` names below the folder, seen from one of ``roots``, from the root that is given, or from here.

        Roots differ from computer to computer: what follows the folder's own name is looked for here. Some tools write
        "../train" for what lies beside data.yaml.
        """
        path = Path(entry.replace("\\", "/"))
        inner = [part for part in path.parts if part != ".."]
        own = self.folder / str(self.content.get("path") or "")
        copied = [inner[n:] for n, part in enumerate(inner[:-1], start=1) if part == self.folder.name]
        below = (self.folder.joinpath(*parts) for parts in (inner, *copied))
        for candidate in (*(root / path for root in (*roots, own, self.folder)), *below):
            place = Path(os.path.normpath(candidate))
            if place.is_relative_to(self.folder) and place.exists():
                return place
        raise InputError(f"{DATA_FILE} names {entry} under {key}, which is not in {self.folder.name}: {CORRECT}.")


def _entries(key: str, said: Any) -> list[str]:
    """The paths under ``key``, one or several; none where nothing is said."""
    entries = said if isinstance(said, list) else [said] if said else []
    if not all(isinstance(entry, str) and entry for entry in entries):
        raise InputError(f"{DATA_FILE} has no path under {key}: write there in which folder its pictures lie.")
    return entries
