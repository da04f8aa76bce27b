"""A lock keeps others out, ends with the process that has it, and is no obstacle where the disk has none."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from at_once import run_script
from orthoai import file_lock
from orthoai.file_lock import FileLock

KILLED = """
import os, signal, sys
from pathlib import Path
from orthoai.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.acquire(0.0)
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


def test_a_lock_keeps_everybody_else_out_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with FileLock(path) as mine, FileLock(path) as yours:
        assert mine.acquire(0.0)
        with pytest.raises(TimeoutError):
            yours.acquire(0.05)
        mine.release()
        assert yours.acquire(0.0)
    with FileLock(path) as again:
        assert again.acquire(0.0)
    assert path.read_bytes() == b""


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(AssertionError):
        run_script(KILLED, path)
    assert path.is_file()
    with FileLock(path) as lock:
        assert lock.acquire(0.0)


def test_where_no_lock_can_be_had_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not FileLock(tmp_path / "absent" / "lock").acquire(60.0)

    def refuse(handle: int) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(file_lock, "try_lock", refuse)
    assert not FileLock(tmp_path / "lock").acquire(60.0)


def test_the_file_of_another_person_that_one_may_only_read_is_locked_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    path.touch()
    opened = os.open

    def mine_only(name: Path, flags: int, *mode: int) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(name, flags, *mode)

    with FileLock(path) as theirs, FileLock(path) as mine:
        assert theirs.acquire(0.0)
        monkeypatch.setattr(os, "open", mine_only)
        with pytest.raises(TimeoutError):
            mine.acquire(0.0)
        theirs.release()
        assert mine.acquire(0.0)
