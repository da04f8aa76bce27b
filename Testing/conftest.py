"""The stand-in application for tests of the Slicer module. pytest finds the package ``host`` beside this file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from host import Host, isRealSlicer, start


@pytest.fixture
def host() -> Iterator[Host]:
    """The host, empty at the start and checked at the end: no swallowed exception, no dialog left over."""
    if isRealSlicer():
        pytest.skip("3D Slicer itself is here: its self-tests need no host")
    pytest.importorskip("PySide6", reason="the tests of the Slicer module need PySide6")
    pytest.importorskip("slicer", reason="the tests of the Slicer module need slicer-core")
    running = start()
    running.forgetProblems()
    yield running
    try:
        running.close()
        assert running.resetDialogs() == 0, "a dialog was answered in advance but never opened"
    finally:
        running.forgetProblems()
