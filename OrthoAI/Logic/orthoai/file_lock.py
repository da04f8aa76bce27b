"""One at a time, among the processes of one computer and, where their share can tell, of several."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

POLL_S = 0.02
"""Seconds between two looks at whether the lock is free: no system can wait for it and be asked to stop."""


class FileLock:
    """A lock that the system itself keeps on an open file, and ends with the process, however that ends.

    The file is empty and stays: whoever removed it could take it from under somebody who has just opened it.

    What is relied on: ``flock`` of Linux and macOS, and of Windows the lock on a range of bytes. Both hold between
    processes of one computer on its own disks. On a share they hold between computers where the server keeps them: NFS
    since version 4 (before, with its lock service) and SMB do so unless they are mounted to keep locks to themselves
    (``nolock``, ``local_lock``, ``nobrl``). Such a share gives every computer a lock of its own, and one without locks
    refuses: then nobody waits for anybody. So a lock makes losing less likely there and no more; what must not be lost
    needs a step that the share takes at once, such as a rename, beside it.

    Args:
        path: of the file. It is made where it is missing; its folder is not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self, wait_s: float) -> bool:
        """Wait for the lock.

        Args:
            wait_s: the longest time to wait, in seconds.

        Returns:
            Whether it is held now. False where no file can be made there, or the disk offers no locks.

        Raises:
            TimeoutError: somebody else has held it all the time.
        """
        try:
            handle = self._opened()
        except OSError:
            return False
        end = time.monotonic() + wait_s
        try:
            while not try_lock(handle):
                if time.monotonic() > end:
                    raise TimeoutError(f"{self._path} is locked by somebody else")
                time.sleep(POLL_S)
        except TimeoutError:
            os.close(handle)
            raise
        except OSError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Let go of it. Harmless where it is not held."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __enter__(self) -> Self:
        """Nothing is locked yet; what is locked in the block is free again at its end."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT)
        except PermissionError:  # Another person's, who may let us read it only. Most systems lock that, too.
            return os.open(self._path, os.O_RDONLY)


def try_lock(handle: int) -> bool:
    """Lock the open file ``handle``; False where another process, or another opening of the file, has it.

    Raises:
        OSError: the disk offers no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            # Not lockf, which a process takes from itself, and loses with any other handle of the file.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
