"""What a training folder holds already: no later call overwrites it, or goes on with it on other data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orthoai.errors import InputError
from orthoai.models.hashing import file_sha256
from orthoai.output import made_folder

from orthoai_training.identity import last_names, place_of
from orthoai_training.text_files import as_read, read_json, write_json
from orthoai_training.train.case_request import CaseRequest

REQUEST_FILE = "request.json"
"""In the folder of a training: what it was begun with."""


def is_filled(folder: Path) -> bool:
    """Whether ``folder`` holds more than the note of what it is begun with, as after a mistyped option."""
    return folder.is_dir() and any(file.name != REQUEST_FILE for file in folder.iterdir())


def refuse_earlier_run(folder: Path, resume: bool) -> None:
    """An hour of training is never overwritten by a forgotten word.

    Raises:
        InputError: ``folder`` holds files, which are not to be gone on with.
    """
    if not resume and is_filled(folder):
        raise earlier_run(folder)


def earlier_run(folder: Path) -> InputError:
    """The error of a ``folder`` that holds a run which is not to be gone on with."""
    return InputError(f"{folder} already holds a training run: add --resume, or choose another --out.")


def claim_run(folder: Path, asked: Mapping[str, Any], options: str, *older: str) -> None:
    """Note in ``folder``, before anything is made in it, what it is begun with; or check that that was the same.

    Args:
        asked: what JSON can hold; what was not noted yet counts as the same.
        options: that say it, for the sentence. older: other files of the folder that noted some of it.

    Raises:
        InputError: the folder was begun with something else, or cannot be written.
    """
    file = made_folder(folder) / REQUEST_FILE
    own = _content(file)
    noted = {key: value for name in older for key, value in _content(folder / name).items()}
    if is_filled(folder):
        noted |= own
    wanted: dict[str, Any] = as_read(asked)
    if any(noted.get(key, value) != value for key, value in wanted.items()):
        raise InputError(f"{folder} was begun with other {options}: give the same, or choose another --out.")
    write_json(file, own | wanted)


def claim_start(folder: Path, first: Path | None) -> None:
    """As :func:`claim_run`, by the weights ``first`` that the network in ``folder`` goes on from; None for nothing.

    A later call would blend with weights that it never had, and credit others.
    """
    claim_run(folder, {"started_from": None if first is None else file_sha256(first)}, "--start")


def claim_cases(request: CaseRequest) -> None:
    """As :func:`claim_run`, by what the cases depend on; the seed only where they are simulated."""
    asked = {
        "data": None if request.data is None else place_of(request.data),
        "simulate": request.simulate,
        "seed": request.seed if request.data is None else None,
        "shapes": [last_names(folder) for folder in request.shapes],
        "textures": [last_names(folder) for folder in request.textures],
    }
    claim_run(request.out, asked, "--data, --simulate, --seed, --shapes or --texture")


def _content(file: Path) -> dict[str, Any]:
    content = read_json(file)
    return content if isinstance(content, dict) else {}
