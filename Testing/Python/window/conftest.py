"""A screen for the whole-window tests: the one that is there, or a virtual one of their own."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SCREEN = "1400x1000x24"

LOAD_PLUGIN = """
import ctypes, pathlib, PySide6.QtGui
ctypes.CDLL(str(pathlib.Path(PySide6.QtGui.__file__).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"))
"""
"""Fails where a library is absent that Qt needs on an X screen."""


@pytest.fixture(scope="module")
def screen() -> Iterator[dict[str, str]]:
    """Environment variables of a process that shall draw; skips where it could not."""
    if sys.platform != "linux":
        pytest.skip("whole-window tests know X screens only")
    pytest.importorskip("PySide6", reason="whole-window tests need PySide6")
    pytest.importorskip("slicer", reason="whole-window tests need slicer-core")
    probe = subprocess.run([sys.executable, "-c", LOAD_PLUGIN], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"Qt cannot draw on an X screen here: {probe.stderr.strip().splitlines()[-1]}")
    try:
        ctypes.CDLL("libGL.so.1")
    except OSError:
        pytest.skip("whole-window tests need OpenGL: install libgl1 and libgl1-mesa-dri")
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb"}
    if os.environ.get("DISPLAY"):
        yield environment
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("there is no screen and no Xvfb (Debian: apt-get install xvfb)")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            pytest.skip("Xvfb did not start")
        yield {**environment, "DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """Where the pictures of the user guide go."""
    return tmp_path_factory.mktemp("tour")
