"""Which pictures of a YOLO folder train, validate and test: as its data.yaml says, else as its folders are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from orthoai.dataset.exporters.yolo import DATA_FILE
from orthoai.dataset.importers.data_file import DataFile
from orthoai.dataset.importers.source import TEST, TEXT_ENCODING, TRAIN, VAL, side_of
from orthoai.errors import InputError

UNLISTED = "unlisted"
"""The side of a picture that data.yaml names in no part, though it names those that train."""

KEYS = {"test": TEST, "train": TRAIN, "val": VAL, "validation": VAL}
"""Of data.yaml. Of a path under two of them the first here counts: with no others, what trains is told to validate."""

CORRECT = "correct it, or take it out if there is none"
"""What to do about a path that leads nowhere."""

LIST = ".txt"
"""A part may be a file with a picture's path on each line in place of a folder."""


@dataclass(frozen=True)
class _Part:
    """A path in data.yaml: its key, how it stands there, and the folder, picture or list that it leads to."""

    key: str
    path: str
    place: Path

    @property
    def is_list(self) -> bool:
        return self.place.suffix.lower() == LIST and self.place.is_file()


@dataclass(frozen=True)
class Split:
    """The parts that a data.yaml names.

    Attributes:
        absent: test folders that are not there, as their paths stand in data.yaml.
    """

    data: DataFile
    parts: tuple[_Part, ...]
    absent: tuple[str, ...]

    @classmethod
    def of(cls, data: DataFile) -> Split:
        """What ``data`` says.

        A test folder that is not there is done without, as YOLO does when it trains: many tools name one always.

        Raises InputError for another path that is missing or leads out of the folder.
        """
        parts, absent = [], []
        for key in KEYS:
            for path in data.paths(key):
                place = data.place(path)
                if place is None:
                    absent.append((key, path))
                else:
                    parts.append(_Part(key, path, place))
        for key, path in absent:
            if KEYS[key] != TEST or not _can_be_spared(path, parts, data):
                raise _missing(key, path, data)
        return cls(data, tuple(parts), tuple(path for _, path in absent))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user must hear of it; most often nothing."""
        return tuple(f"{path}, which {DATA_FILE} names under {TEST}, is not there" for path in self.absent)

    @property
    def lists(self) -> set[Path]:
        """The text files below the folder that stand in place of folders."""
        return {self.data.source / part.place.relative_to(self.data.folder) for part in self.parts if part.is_list}

    def sides(self, pictures: Sequence[Path]) -> dict[Path, str | None]:
        """The side of each of the ``pictures`` below the folder: "train", "val", "test", UNLISTED, None for none said.

        Of the parts that hold a picture, the one with the longest path counts, unless a folder in it says otherwise:
        "train: images" does not make images/val train. A picture in none goes by the names of its folders.

        Raises:
            InputError: a part holds no picture, or a list is not readable or names a picture that is missing.
        """
        data = self.data
        lineages = {picture: _lineage(data.folder / picture.relative_to(data.source)) for picture in pictures}
        sides = self._by_place({place for lineage in lineages.values() for place in lineage})
        rest = UNLISTED if TRAIN in sides.values() else None
        found: dict[Path, str | None] = {}
        for picture, lineage in lineages.items():
            part = next((place for place in lineage if place in sides), data.folder)
            by_folders = side_of(lineage[0].relative_to(part).parent.parts)
            found[picture] = by_folders or sides.get(part, rest)
        return found

    def _by_place(self, held: set[Path]) -> dict[Path, str]:
        """The side of each folder and picture that is named; ``held`` are all pictures and the folders they lie in."""
        found: dict[Path, str] = {}
        for part in self.parts:
            for place in _listed(part, self.data) if part.is_list else [part.place]:
                if place not in held:
                    raise InputError(
                        f"{DATA_FILE} names {part.path} under {part.key}, which holds no picture: {CORRECT}."
                    )
                found.setdefault(place, KEYS[part.key])
        return found


def _lineage(picture: Path) -> tuple[Path, ...]:
    return picture, *picture.parents


def _can_be_spared(path: str, parts: Sequence[_Part], data: DataFile) -> bool:
    """Whether no test picture can train though its folder ``path`` is not there, but may be under another name.

    A list may name pictures anywhere, and around a folder no other part may lie. What is in no part is left out only
    where data.yaml says what trains.
    """
    around = any(place.is_relative_to(part.place) for place in data.places(path) for part in parts)
    return Path(path).suffix.lower() != LIST and not around and TRAIN in {KEYS[part.key] for part in parts}


def _listed(part: _Part, data: DataFile) -> Iterator[Path]:
    """The pictures that the list ``part`` names."""
    try:
        lines = part.place.read_text(TEXT_ENCODING).splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{part.place.name} is not readable; write a picture's path on each line.") from error
    for path in filter(None, (line.strip() for line in lines)):
        place = data.place(path, part.place.parent)
        if place is None:
            raise _missing(part.key, path, data)
        yield place


def _missing(key: str, path: str, data: DataFile) -> InputError:
    return InputError(f"{DATA_FILE} names {path} under {key}, which is not in {data.folder.name}: {CORRECT}.")
