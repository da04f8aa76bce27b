"""What is written reaches the disk itself, and not only the system's memory, which a power cut empties."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

NOT_OFFERED = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""Answers of disks and shares that cannot be asked for it."""


def to_disk(path: Path) -> None:
    """Return once the file, or the folder with all that lies in it, is on the disk.

    A folder that is renamed before its files are there can be found with empty files after a power cut.

    Raises:
        OSError: the disk refuses; a share may tell only now that it is full.
    """
    if not path.is_dir():
        _settle(path, os.O_RDWR)
        return
    for entry in path.iterdir():
        to_disk(entry)
    names_to_disk(path)


def names_to_disk(folder: Path) -> None:
    """Return once the names in ``folder`` are on the disk; what they name need not be. Raises OSError."""
    if sys.platform != "win32":  # Which cannot open a folder, and keeps names in a journal of its own.
        _settle(folder, os.O_RDONLY)


def _settle(path: Path, access: int) -> None:
    handle = os.open(path, access)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NOT_OFFERED:
            raise
    finally:
        os.close(handle)
