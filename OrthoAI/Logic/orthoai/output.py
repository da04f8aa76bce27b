"""Output that appears whole or not at all."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

from orthoai.errors import InputError

RESULT_FILE = "result.json"
"""The file that marks a folder as an OrthoAI output, which a new run may replace."""

OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_ACCESS = (errno.EACCES, errno.EPERM)


def write_error(error: OSError, path: Path) -> InputError:
    """The sentence for a failed write to ``path``."""
    if error.errno in OUT_OF_SPACE:
        return InputError(f"The disk that holds {path} is full; free some space or choose another place.")
    if error.errno == errno.EROFS:
        return InputError(f"{path} is on a read-only disk; choose another place.")
    if error.errno in NO_ACCESS:
        return InputError(f"No permission to write {path}; choose another place or ask for access.")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return InputError(f"{path} cannot be made because a file is in the way; choose another place.")
    if error.errno == errno.ENOENT:
        return InputError(f"{path} cannot be made because its parent folder is missing; make that first.")
    return InputError(f"{path} cannot be written ({error.strerror or 'system error'}); choose another place.")


def made_folder(folder: Path) -> Path:
    """``folder``, made with its parents where it is missing, for work that fills it file by file.

    To be asked for before the work, which may take hours and would be lost for want of a place.

    Raises:
        InputError: a file is in the way, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permissions alone do not tell: not of a read-only disk, and not to root.
        with TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise write_error(error, folder) from error


@contextmanager
def staged_folder(target: Path, marker: str = RESULT_FILE) -> Iterator[Path]:
    """A folder to write into, which becomes ``target`` when the block ends well.

    It lies beside ``target`` under a hidden name and is renamed at the end; on any error, cancel or interrupt it is
    removed and ``target`` stays as it was. Missing parents are made (and removed again on failure).

    Args:
        target: the folder to make.
        marker: JSON file by whose "schema_version" an older folder of this kind is known, which may be replaced.

    Yields:
        The folder to write into.

    Raises:
        InputError: ``target`` exists and is neither empty nor an OrthoAI output, or the disk refuses (full,
            read-only, no permission); also for an OSError that the block itself raises for want of space or access.
    """
    target = Path(target).resolve()
    _refuse_foreign(target, marker)
    made: list[Path] = []
    aside: Path | None = None
    done = False
    try:
        try:
            _make_parents(target.parent, made)
            hidden = beside(target)
            hidden.mkdir()
            aside = hidden
            yield aside
            _replace(aside, target, marker)
            done = True
        except OSError as error:
            if error.errno in (*OUT_OF_SPACE, *NO_ACCESS, errno.EROFS) or aside is None:
                raise write_error(error, target) from error
            raise
    finally:
        if not done:
            if aside is not None:
                shutil.rmtree(aside, ignore_errors=True)
            for parent in reversed(made):
                with suppress(OSError):  # Somebody else may use it by now.
                    parent.rmdir()


def _refuse_foreign(target: Path, marker: str) -> None:
    """Never delete what we did not write."""
    try:
        if not target.exists():
            return
        if not target.is_dir():
            raise InputError(f"{target} is a file; name a folder for the output.")
        if any(target.iterdir()) and not _is_output(target, marker):
            raise InputError(f"{target} exists and holds other files; name a new or empty folder for the output.")
    except OSError as error:
        raise write_error(error, target) from error


def _is_output(folder: Path, marker: str) -> bool:
    """Whether OrthoAI made it: other programs write a result.json, too, and that must not cost their files."""
    try:
        content = json.loads((folder / marker).read_text("utf-8"))
    except (FileNotFoundError, IsADirectoryError, ValueError):
        return False
    return isinstance(content, dict) and "schema_version" in content


def beside(target: Path) -> Path:
    """A hidden, unused name in the folder of ``target``, with its suffixes."""
    return target.with_name(f".{uuid4().hex[:12]}.partial-{target.name}")


def _make_parents(parent: Path, made: list[Path]) -> None:
    """Make ``parent`` and what it lies in; ``made`` grows by each folder made, the outermost first."""
    missing = []
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        made.append(folder)


def _replace(aside: Path, target: Path, marker: str) -> None:
    """Put ``aside`` in the place of ``target``; an older output is set back when that fails."""
    if not target.exists():
        aside.rename(target)
        return
    _refuse_foreign(target, marker)  # Again: the run took minutes, and somebody may have put files there.
    older = beside(target)
    target.rename(older)
    try:
        aside.rename(target)
    except OSError:
        older.rename(target)
        raise
    shutil.rmtree(older, ignore_errors=True)
