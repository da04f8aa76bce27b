"""The stand-in application for tests of the Slicer module. pytest finds the package ``host`` beside this file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from host import Host, start


@pytest.fixture
def host() -> Iterator[Host]:
    """The host, empty at the start and checked at the end: no swallowed exception, no dialog left over."""
    pytest.importorskip("PySide6", reason="the Slicer module's tests need PySide6")
    pytest.importorskip("slicer", reason="the Slicer module's tests need slicer-core")
    running = start()
    running.resetDialogs()
    yield running
    try:
        running.close()
        running.checkProblems()
        assert running.resetDialogs() == 0, "a dialog was answered in advance but never opened"
    finally:
        running.resetDialogs()
