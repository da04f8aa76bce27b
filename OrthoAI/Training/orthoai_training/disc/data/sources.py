"""Which of the folders that a person gives to train on holds what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orthoai.errors import InputError

from orthoai_training.dataset import case_paths
from orthoai_training.disc.data import pictures, volumes
from orthoai_training.disc.data.reviewed import is_reviewed


@dataclass(frozen=True)
class Sources:
    """A folder with the SPIDER sets, and one of reviewed cases; None for what is not given."""

    spider: Path | None = None
    reviewed: Path | None = None

    @classmethod
    def of(cls, folders: Sequence[Path]) -> Sources:
        """Tell ``folders`` apart. Raises InputError for one that is neither, and for two of a kind."""
        spider = [folder for folder in folders if _holds_spider(folder)]
        others = [folder for folder in folders if folder not in spider]
        for folder in others:
            if not any(is_reviewed(path) for path in case_paths(folder)):
                raise InputError(
                    f"{folder} holds neither the SPIDER sets ({pictures.FOLDER}, {volumes.FOLDER}) nor reviewed cases "
                    "of disc: give one of each, such as DATASET/cases, or both."
                )
        if max(len(spider), len(others)) > 1:
            raise InputError("--data takes one folder with the SPIDER sets and one of reviewed cases: leave one out.")
        return cls(next(iter(spider), None), next(iter(others), None))


def _holds_spider(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in (pictures.FOLDER, volumes.FOLDER))


def check_sources(spider: Path | None, reviewed: Path | None, fold: int | None, first: Path | None) -> None:
    """Raises InputError where there is nothing to learn from, and for options that need the SPIDER sets."""
    if spider is None and reviewed is None:
        raise InputError("There is nothing to train on: give --data the SPIDER sets, reviewed cases or both.")
    for option, value in (("--fold", fold), ("--first", first)):
        if spider is None and value is not None:
            raise InputError(f"{option} is about SPIDER's patients: add the folder with the SPIDER sets to --data.")
