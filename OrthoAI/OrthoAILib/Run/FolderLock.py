"""Tells which folders are in use, and removes those that a killed process left."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from orthoai.file_lock import try_lock

SUFFIX = ".lock"


class FolderLock:
    """Marks a folder as in use; the system ends that with the process, however it ends.

    Args:
        folder: need not exist. The lock is an empty file beside it.

    Raises:
        OSError: somebody has the lock, or no file can be written there.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder.with_name(folder.name + SUFFIX)
        self._file = self._path.open("ab")
        try:
            if not try_lock(self._file.fileno()):
                raise BlockingIOError(f"{folder} is in use")
        except OSError:
            self._file.close()
            raise

    def release(self) -> None:
        """Let go of the folder, and remove the lock's file."""
        self._file.close()
        with suppress(OSError):  # Somebody else may have it by now.
            self._path.unlink()


def removeLeft(parent: Path, prefix: str) -> None:
    """Remove the folders of that prefix in ``parent`` that had a lock and are nobody's now."""
    for path in parent.glob(f"{prefix}*{SUFFIX}"):
        folder = path.with_suffix("")
        try:
            lock = FolderLock(folder)
        except OSError:
            continue  # In use, or another person's.
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
