"""A case out of the data set, when nobody stands behind it any longer."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from orthoai.dataset.layout import WITHDRAWN_FOLDER
from orthoai.dataset.store import Dataset
from orthoai.dataset.turn import Turn
from orthoai.errors import InputError
from orthoai.output import hidden_name_of, write_error


def case_folder(data: Dataset, name: str) -> Path:
    """The folder of the case ``name``. Raises InputError where there is none."""
    folder = data.cases_folder / name
    if not folder.is_dir() or folder.parent != data.cases_folder or name.startswith("."):
        raise InputError(f"There is no case {name} in {data.path}; orthoai dataset list names those there are.")
    return folder


def withdraw_case(dataset: Path, name: str) -> Path:
    """Take the case ``name`` out of what people train on, whole and at once; its older revisions stay where they are.

    Models that were trained on it and exports in other formats keep what they have of it.

    Returns:
        Where its folder lies now. Moved back, it is in the data set again.

    Raises:
        InputError: there is no such case, or the disk refuses.
    """
    data = Dataset(dataset)
    folder = case_folder(data, name)
    kept = Path(dataset) / WITHDRAWN_FOLDER / name
    with Turn(dataset) as turn:
        turn.take()
        place = next(path for path in (kept / f"{number:04d}" for number in count(1)) if not path.exists())
        try:
            kept.mkdir(parents=True, exist_ok=True)
            folder.rename(place)
        except OSError as error:
            raise write_error(error, place) from error
        # What a killed save left of it would be taken for the case itself now.
        for path in data.cases_folder.iterdir():
            if hidden_name_of(path) == name:
                shutil.rmtree(path, ignore_errors=True)
    return place
