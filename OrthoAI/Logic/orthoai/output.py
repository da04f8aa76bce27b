"""Output that appears whole or not at all."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

from orthoai.durable import names_to_disk, to_disk
from orthoai.errors import InputError
from orthoai.marker import Marker

RESULT_FILE = "result.json"
"""The file that marks a folder as an OrthoAI output, which a new run may replace."""

SEGMENTATION = "segmentation"
"""Name of the label map among the pictures of a result; the others are named as its extras."""

RESULT = Marker(
    RESULT_FILE,
    ("task", "provenance"),
    older=(
        "segmentation.nii.gz",
        "segmentation.npy",
        "segmentation.png",
        "instances.nii.gz",
        "instances.png",
        "vertebrae.nii.gz",
        "vertebrae.png",
        "attention.nii.gz",
        "attention.png",
        "overview.png",
        "report.html",
    ),
)
"""How the folder of a run is known. What the worker writes for a front end does not tell its files."""

PARTIAL = ".partial-"
"""In the hidden name of what is not yet whole."""

OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_ACCESS = (errno.EACCES, errno.EPERM)
NO_RENAME = (errno.EBUSY, errno.EXDEV)
"""A folder that cannot be moved, or to another disk: a mount point, as containers get."""

LITTER = ("Thumbs.db", "desktop.ini", ".DS_Store", "._*", ".directory", ".nfs*", f".*{PARTIAL}*")
"""Patterns of what looking at a folder, or a run that was killed, leaves in it."""


def nifti_name(picture: str) -> str:
    """The file in a result's folder that holds the picture of that name."""
    return f"{picture}.nii.gz"


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


def resolved(path: Path) -> Path:
    """``path`` without links. Raises InputError where they go in a circle."""
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path} is a link that leads back to itself; name another place.") from error


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
def staged_folder(
    target: Path,
    marker: Marker = RESULT,
    source: Path | None = None,
    besides: Collection[str] = (),
    durable: bool = False,
    replaces: Callable[[Path], bool] = lambda older: True,
) -> Iterator[Path]:
    """A folder to write into, which becomes ``target`` when the block ends well.

    It lies beside ``target`` under a hidden name and is renamed at the end; on any error, cancel or interrupt it is
    removed and ``target`` stays as it was. Missing parents are made (and removed again on failure). A mount point and
    the folder that one works in are filled in place of being replaced.

    Args:
        target: the folder to make.
        marker: by which an older folder of this kind is known, which may be replaced; only what OrthoAI wrote into it
            may be lost.
        source: what the block reads, which must not be lost either.
        besides: names that an older folder of this kind may hold without telling them.
        durable: wait for the disk, so that not even a power cut costs both the older folder and the new one. For what
            nobody could make again.
        replaces: asked of the older folder once it is out of everybody's reach, under another name. Where the answer
            is no, because somebody else has put another one there meanwhile, that one stays.

    Yields:
        The folder to write into.

    Raises:
        InputError: ``target`` exists and is neither empty nor an OrthoAI output, holds other files or ``source``,
            either is a link to itself, or the disk refuses (full, read-only, no permission); also for an OSError that
            the block itself raises for want of space or access.
        FileExistsError: ``replaces`` said no.
    """
    target = resolved(target)
    refuse_foreign(target, marker, besides)
    if source is not None and target in (read := resolved(source), *read.parents):
        raise InputError(f"{source} would be replaced by the output {target}; name another folder for the output.")
    made: list[Path] = []
    aside: Path | None = None
    done = False
    try:
        try:
            _make_parents(target.parent, made)
            aside = _made_aside(target)
            yield aside
            if durable:
                to_disk(aside)
            _put(aside, target, marker, besides, durable, replaces)
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


def refuse_foreign(target: Path, marker: Marker, besides: Collection[str]) -> None:
    """Raise InputError where :func:`staged_folder` may not replace ``target``: never delete what we did not write."""
    try:
        if not target.exists():
            return
        if not target.is_dir():
            raise InputError(f"{target} is a file; name a folder for the output.")
        present = {entry.name for entry in target.iterdir() if not _is_litter(entry.name)}
        if not present:
            return
        own = marker.own_files(target)
        if own is None:
            raise InputError(f"{target} exists and holds other files; name a new or empty folder for the output.")
        foreign = sorted(present.difference(own, besides))
        if foreign:
            raise InputError(
                f"{target} holds {foreign[0]}, which OrthoAI did not write; move it away or name another folder."
            )
    except OSError as error:
        raise write_error(error, target) from error


def _is_litter(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in LITTER)


def beside(target: Path) -> Path:
    """A hidden, unused name in the folder of ``target``, with its suffixes."""
    return target.with_name(f".{uuid4().hex[:12]}{PARTIAL}{target.name}")


def hidden_name_of(path: Path) -> str:
    """What ``path`` was to be called, where its name is one of :func:`beside`; empty for any other."""
    prefix, mark, name = path.name.partition(PARTIAL)
    return name if mark and prefix.startswith(".") else ""


def _made_aside(target: Path) -> Path:
    """A new hidden folder beside ``target``; in it where nothing else can be written, as in a container."""
    hidden = beside(target)
    try:
        hidden.mkdir()
    except OSError as error:
        if error.errno not in (*NO_ACCESS, errno.EROFS) or not target.is_dir():
            raise
        hidden = target / hidden.name
        hidden.mkdir()
    return hidden


def _make_parents(parent: Path, made: list[Path]) -> None:
    """Make ``parent`` and what it lies in; ``made`` grows by each folder made, the outermost first."""
    missing = []
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        made.append(folder)


def _put(
    aside: Path,
    target: Path,
    marker: Marker,
    besides: Collection[str],
    durable: bool,
    replaces: Callable[[Path], bool],
) -> None:
    """``aside`` becomes ``target``."""
    if not target.exists():
        aside.rename(target)
        if durable:
            names_to_disk(target.parent)
        return
    refuse_foreign(target, marker, besides)  # Again: the run took minutes, and somebody may have put files there.
    if aside.parent == target or _is_worked_in(target):
        _fill(aside, target, marker)
        return
    try:
        _replace(aside, target, durable, replaces)
    except OSError as error:
        if error.errno not in NO_RENAME:
            raise
        _fill(aside, target, marker)


def _is_worked_in(folder: Path) -> bool:
    """Whether the person stands in ``folder``, who would be left in one that is gone."""
    try:
        here = Path.cwd()
    except OSError:  # That has happened already.
        return False
    return folder == here or folder in here.parents


def _replace(aside: Path, target: Path, durable: bool, replaces: Callable[[Path], bool]) -> None:
    """Put ``aside`` in the place of ``target``; an older output is set back when that fails."""
    older = beside(target)
    target.rename(older)
    try:
        if not replaces(older):
            raise FileExistsError(errno.EEXIST, "somebody else has made another one", str(target))
        aside.rename(target)
    except BaseException:
        older.rename(target)
        raise
    if durable:
        names_to_disk(target.parent)
    shutil.rmtree(older, ignore_errors=True)


def _fill(aside: Path, target: Path, marker: Marker) -> None:
    """Bring what ``aside`` holds into ``target``, the marker last; what is there is set back when that fails."""
    inner = aside if aside.parent == target else target / beside(target).name
    older = target / beside(target).name
    moved: list[tuple[Path, Path]] = []
    try:
        if inner != aside:
            _copy(aside, inner)
        present = [entry for entry in target.iterdir() if entry != inner]
        older.mkdir()
        fresh = sorted(inner.iterdir(), key=lambda entry: entry.name == marker.file)
        for entry, folder in [*((entry, older) for entry in present), *((entry, target) for entry in fresh)]:
            moved.append((entry, entry.rename(folder / entry.name)))
    except BaseException:
        for before, after in reversed(moved):
            with suppress(OSError):
                after.rename(before)
        with suppress(OSError):  # Empty, unless something could not be set back.
            older.rmdir()
        raise
    else:
        shutil.rmtree(older, ignore_errors=True)
    finally:
        for folder in (inner, aside):
            shutil.rmtree(folder, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """A folder, perhaps to another disk, which may be full: of copytree's error nobody can tell that."""
    target.mkdir()
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir()
        else:
            shutil.copyfile(path, place)
