"""The files below the folder that is imported."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath

from orthoai.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg")
"""Of picture files."""

TEXT_ENCODING = "utf-8-sig"
"""Of all text files: UTF-8, at whose beginning editors of Windows leave a mark."""

PLAIN_FOLDERS = ("images",)
"""Folders that say nothing about a picture and stay out of its name."""

TRAIN, VAL, TEST = "train", "val", "test"

SIDES = {TRAIN: TRAIN, "training": TRAIN, VAL: VAL, "valid": VAL, "validation": VAL, TEST: TEST}
"""Folders that split the pictures by their use, and what they are called after the import."""


@dataclass(frozen=True)
class SourceFolder:
    """A folder of pictures and labels; nothing outside it is read.

    Attributes:
        path: the folder.
        taken: pictures that were asked for, and the label file that did.
    """

    path: Path
    taken: dict[Path, Path] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def pictures(self) -> tuple[Path, ...]:
        """Every PNG and JPEG below the folder, by path."""
        return tuple(file for file in self.files() if file.suffix.lower() in SUFFIXES)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Names of all folders that hold a file."""
        return frozenset(part for file in self.files() for part in self._inside(file).parent.parts)

    def files(self, suffix: str = "") -> list[Path]:
        """Every file below the folder, or those with ``suffix``, by path; hidden ones are left out."""
        found = (file for file in self.path.rglob("*") if file.is_file() and not file.name.startswith("."))
        return sorted(file for file in found if not suffix or file.suffix.lower() == suffix)

    def picture(self, name: str, label: Path) -> Path:
        """The picture that the file ``label`` calls ``name``; no two labels have one picture.

        It is where ``name`` says, seen from ``label``, else the one whose path ends most like ``name`` and does not
        look like another label's.

        Args:
            name: a path with slashes or backslashes, possibly of another computer.
            label: the label file, below the folder.

        Raises:
            InputError: no picture of that name, or several, or another's.
        """
        wanted = PurePosixPath(name.replace("\\", "/"))
        there = Path(os.path.normpath(label.parent.joinpath(*wanted.parts)))
        found = there if there in self.pictures else self._alike(wanted, label)
        if found in self.taken:
            merge = "merge the two label files, or " if self.taken[found] != label else ""
            raise InputError(
                f"{self._told(label)} names the picture {self._told(found)}, which a label in "
                f"{self._told(self.taken[found])} has already; {merge}give each label its own picture."
            )
        self.taken[found] = label
        return found

    def _alike(self, wanted: PurePosixPath, label: Path) -> Path:
        """The picture whose path ends most like ``wanted``. Raises InputError as :meth:`picture` does."""
        matches = [file for file in self.pictures if file.name == wanted.name]
        for count in range(2, len(wanted.parts) + 1):
            closer = [file for file in matches if file.parts[-count:] == wanted.parts[-count:]]
            matches = closer or matches
        if len(matches) != 1:
            problem = "is not below" if not matches else "is there more than once below"
            raise InputError(f"The picture of {label.name} {problem} {self.path.name}; put the two into one folder.")
        doubt = self._doubt(matches[0], wanted, label)
        if doubt:
            raise InputError(
                f"{self._told(label)} names the picture {str(wanted)[:80]}, which is not there, and "
                f"{self._told(matches[0])} {doubt}."
            )
        return matches[0]

    def _doubt(self, file: Path, wanted: PurePosixPath, label: Path) -> str:
        """Why ``file`` may not be the picture that ``label`` means, and what to do; empty for no doubt."""
        if file.with_suffix(label.suffix).is_file() and file.with_suffix(label.suffix) != label:
            return "lies beside a label of its own; put the right picture beside its label"
        if self._is_elsewhere(file, wanted, label):
            return (
                "lies in another folder than the label names; move the picture there, or correct its path in the label"
            )
        return ""

    def _is_elsewhere(self, file: Path, wanted: PurePosixPath, label: Path) -> bool:
        """Whether ``file`` lies in another folder than ``wanted`` says."""
        said = [part for part in wanted.parts[:-1] if part not in ("..", *PLAIN_FOLDERS)]
        around = (self.path.resolve() / self._inside(file)).parent.parts
        if any(part in self.folders and part not in around for part in said):
            return True
        # Folders of another computer say nothing, and a picture beside its label needs none.
        is_from_here = not PureWindowsPath(wanted).anchor and file.parent != label.parent
        return is_from_here and bool(said) and said[-1] not in around

    def _inside(self, file: Path) -> Path:
        return file.relative_to(self.path)

    def _told(self, file: Path) -> str:
        """``file`` for a sentence: files of several folders may have one name."""
        return self._inside(file).as_posix()

    def name(self, file: Path, side: str | None = None) -> str:
        """A name for the picture or label ``file``, of its folders and its stem; "train/", "val/" or "test/" stays.

        Args:
            side: one of these where it is known; None goes by the folders' names.

        Example:
            >>> SourceFolder(Path("a")).name(Path("a/images/valid/one/7.png"))
            'val/one_7'
        """
        *folders, stem = self._inside(file).with_suffix("").parts
        side = side or side_of(folders)
        plain = "_".join([*(part for part in folders if part not in (*PLAIN_FOLDERS, *SIDES)), stem])
        return plain if side is None else f"{side}/{plain}"


def side_of(folders: Iterable[str]) -> str | None:
    """ "train", "val" or "test", as ``folders`` say, of which the first counts; None where none splits the pictures.

    Whatever lies in a folder "test" is kept for a test: no network sees it before.
    """
    sides = [SIDES[name] for name in folders if name in SIDES]
    return TEST if TEST in sides else next(iter(sides), None)


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
