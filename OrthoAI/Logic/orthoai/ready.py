"""Results that were made beforehand, as by a computer with a graphics card over night."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from orthoai.doubt import doubt_of
from orthoai.errors import InputError
from orthoai.output import RESULT_FILE, SEGMENTATION, nifti_name
from orthoai.result import VERTEBRAE, Result


def ready_folder(results: Path, task: str, name: str) -> Path:
    """Where the result of ``task`` on the image ``name`` (ImageEntry.name) lies in the folder ``results``."""
    return Path(results) / task / name


def ready_tasks(results: Path, name: str) -> list[str]:
    """The tasks that ``results`` holds a whole result of for the image ``name``, by name."""
    try:
        folders = sorted(path for path in Path(results).iterdir() if not path.name.startswith("."))
        return [path.name for path in folders if is_ready(Path(results), path.name, name)]
    except OSError:
        return []  # Nothing was made beforehand, or this person may not see it.


def is_ready(results: Path, task: str, name: str) -> bool:
    """Whether the result of ``task`` on the image ``name`` is there. It appears whole or not at all."""
    return (ready_folder(results, task, name) / RESULT_FILE).is_file()


def ready_doubt(results: Path, name: str) -> float | None:
    """:func:`orthoai.doubt.doubt_of` the results for the image ``name``, of the most doubtful; None without any."""
    doubts = []
    for task in ready_tasks(results, name):
        with suppress(OSError, ValueError, InputError):  # One that cannot be read says nothing.
            text = (ready_folder(results, task, name) / RESULT_FILE).read_text("utf-8")
            doubts.append(doubt_of(Result.from_json(text).findings))
    return max(doubts, default=None)


def read_ready(folder: Path) -> Result:
    """The result that ``orthoai run`` wrote into ``folder``, with its masks and vertebral bodies.

    Raises:
        InputError: files are missing, damaged or do not belong together.
    """
    # Imported here: SimpleITK, only to read.
    from orthoai.io.read import read_volume

    try:
        text = (folder / RESULT_FILE).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise InputError("The result that was made beforehand cannot be read; run the task again.") from error
    masks = read_volume(folder / nifti_name(SEGMENTATION))
    numbered = folder / nifti_name(VERTEBRAE)
    bodies = read_volume(numbered).voxels if numbered.is_file() else None
    result = Result.from_json(text, masks.voxels, {} if bodies is None else {VERTEBRAE: bodies})
    if not result.geometry.matches(masks.geometry):
        raise InputError("The masks that were made beforehand lie on another grid than their result; run it again.")
    return result
