"""What a new revision of a case replaces, which is kept."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from orthoai.dataset.layout import (
    LABELS_FILE,
    META_FILE,
    REVIEW_FILE,
    REVISIONS_FOLDER,
    VERTEBRAE_FILE,
    WITHDRAWN_FOLDER,
)
from orthoai.dataset.store import DatasetCase
from orthoai.marker import Marker
from orthoai.output import staged_folder, write_error

CASE = Marker(META_FILE, ("task", "orthoai_version"))
"""How the folder of a case is known."""

DAMAGED = "damaged-{number}"
"""Name of what was left of a damaged case, counted from 1."""


def last_number(dataset: Path, name: str) -> int:
    """The highest number that a kept or withdrawn revision of the case ``name`` has; 0 where there is none."""
    kept, withdrawn = (Path(dataset) / folder / name for folder in (REVISIONS_FOLDER, WITHDRAWN_FOLDER))
    numbers = [int(path.name) for path in kept.glob("*") if path.name.isdecimal()]
    found = (DatasetCase(path).told_lineage() for path in withdrawn.glob("*"))
    return max([0, *numbers, *(lineage.revision for lineage in found if lineage is not None)])


def kept_revision(dataset: Path, name: str, number: int) -> DatasetCase:
    """Revision ``number`` of the case ``name``, replaced by a newer one and without its image; it may be missing."""
    return DatasetCase(Path(dataset) / REVISIONS_FOLDER / name / f"{number:04d}")


def archive(dataset: Path, previous: DatasetCase) -> None:
    """Keep what a new revision is about to replace, except the image: the same name means the same image.

    Raises InputError where the disk refuses.
    """
    kept = kept_revision(dataset, previous.name, previous.lineage.revision)
    with staged_folder(kept.path, CASE, durable=True) as aside:
        for name in (LABELS_FILE, VERTEBRAE_FILE, REVIEW_FILE, META_FILE):
            # A case need not have vertebrae.
            if name != VERTEBRAE_FILE or (previous.path / name).is_file():
                shutil.copyfile(previous.path / name, aside / name)


@contextmanager
def damaged_aside(dataset: Path, folder: Path) -> Iterator[None]:
    """Move a damaged case, with all that is left of it, out of the way of a new one; back again on any error.

    Raises InputError where the disk refuses, FileNotFoundError where somebody else has moved it already.
    """
    kept = dataset / REVISIONS_FOLDER / folder.name
    names = (kept / DAMAGED.format(number=number) for number in count(1))
    aside = next(path for path in names if not path.exists())
    try:
        kept.mkdir(parents=True, exist_ok=True)
        folder.rename(aside)
    except OSError as error:
        if not folder.exists():
            raise FileNotFoundError(errno.ENOENT, "somebody else has moved it", str(folder)) from error
        raise write_error(error, aside) from error
    try:
        yield
    except BaseException:
        if not folder.exists():  # Somebody else may have saved the case meanwhile.
            aside.rename(folder)
        raise
