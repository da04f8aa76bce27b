"""The files below the folder that is imported."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from orthoai.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg")
"""Of picture files."""

PLAIN_FOLDERS = ("images",)
"""Folders that say nothing about a picture and stay out of its name."""

SIDES = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val"}
"""Folders that split the pictures by their use, and what they are called after the import."""


@dataclass(frozen=True)
class SourceFolder:
    """A folder of pictures and labels; nothing outside it is read.

    Attributes:
        path: the folder.
    """

    path: Path

    @cached_property
    def pictures(self) -> tuple[Path, ...]:
        """Every PNG and JPEG below the folder, by path."""
        return tuple(file for file in self.files() if file.suffix.lower() in SUFFIXES)

    def files(self, suffix: str = "") -> list[Path]:
        """Every file below the folder, or those with ``suffix``, by path; hidden ones are left out."""
        found = (file for file in self.path.rglob("*") if file.is_file() and not file.name.startswith("."))
        return sorted(file for file in found if not suffix or file.suffix.lower() == suffix)

    def picture(self, name: str, label: Path) -> Path:
        """The picture that the file ``label`` calls ``name``.

        It is where ``name`` says, seen from ``label``, else the one whose path ends most like ``name``.

        Args:
            name: a path with slashes or backslashes, possibly of another computer.
            label: the label file, below the folder.

        Raises:
            InputError: no picture of that name, or several.
        """
        wanted = PurePosixPath(name.replace("\\", "/")).parts
        there = Path(os.path.normpath(label.parent.joinpath(*wanted)))
        if there in self.pictures:
            return there
        matches = [file for file in self.pictures if wanted and file.name == wanted[-1]]
        for count in range(2, len(wanted) + 1):
            closer = [file for file in matches if file.parts[-count:] == wanted[-count:]]
            matches = closer or matches
        if len(matches) == 1:
            return matches[0]
        problem = "is not below" if not matches else "is there more than once below"
        raise InputError(f"The picture of {label.name} {problem} {self.path.name}; put the two into one folder.")

    def name(self, file: Path) -> str:
        """A name for the picture or label ``file``, of its folders and its stem; "train/" or "val/" before it stays.

        Example:
            >>> SourceFolder(Path("a")).name(Path("a/images/valid/one/7.png"))
            'val/one_7'
        """
        *folders, stem = file.relative_to(self.path).with_suffix("").parts
        sides = [SIDES[part] for part in folders if part in SIDES]
        plain = "_".join([*(part for part in folders if part not in (*PLAIN_FOLDERS, *SIDES)), stem])
        return "/".join([*sides[:1], plain])


def source_folder(source: Path) -> SourceFolder:
    """The folder ``source``, or the one that the file ``source`` lies in. Raises InputError when it is not there."""
    if not source.exists():
        raise InputError(f"There is no {source}; give the folder that holds the labels and the pictures.")
    return SourceFolder(source if source.is_dir() else source.parent)


def label_files(source: Path, folder: SourceFolder, suffix: str, kind: str) -> list[Path]:
    """``source`` itself where it is a file, else every file with ``suffix`` below it. Raises InputError for none."""
    files = [source] if source.is_file() else folder.files(suffix)
    if not files:
        raise InputError(f"There is no {kind} below {source.name}; give the folder that holds the labels.")
    return files
