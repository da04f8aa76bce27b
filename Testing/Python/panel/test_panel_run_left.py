"""What a killed Slicer leaves in the temporary folder goes with the next start, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from OrthoAILib.Run.FolderLock import FolderLock, removeLeft

KILLED = """
import os, signal, sys
from pathlib import Path
from OrthoAILib.Run.FolderLock import FolderLock
folder = Path(sys.argv[1])
lock = FolderLock(folder)
folder.mkdir()
(folder / "volume.nrrd").write_bytes(b"CT")
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_images_of_a_killed_process_are_removed(tmp_path):
    finds_the_module = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "OrthoAI-1")], env=finds_the_module, check=False)
    assert names(tmp_path) == ["OrthoAI-1", "OrthoAI-1.lock"]
    removeLeft(tmp_path, "OrthoAI-")
    assert names(tmp_path) == []


def test_what_is_in_use_or_has_no_lock_stays(tmp_path):
    for name in ("OrthoAI-1", "OrthoAI-of-the-user", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "other.lock").touch()
    lock = FolderLock(tmp_path / "OrthoAI-1")
    before = names(tmp_path)
    removeLeft(tmp_path, "OrthoAI-")
    assert names(tmp_path) == before
    lock.release()
    assert names(tmp_path) == ["OrthoAI-1", "OrthoAI-of-the-user", "other", "other.lock"]


def test_the_module_removes_what_was_left_when_it_opens_and_locks_its_own_folder(openPanel):
    import slicer

    temporary = Path(slicer.app.temporaryPath)
    left = temporary / "OrthoAI-left"
    FolderLock(left)  # Nobody holds it: the file is closed with the object.
    left.mkdir()
    bench = openPanel("quick")
    bench.run()
    folder = bench.controller._folder
    assert not left.exists() and folder.is_dir()
    removeLeft(temporary, "OrthoAI-")
    assert folder.is_dir()
