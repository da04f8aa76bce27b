"""How much memory a piece of work needed at most."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
"""Linux: where the kernel tells the process's largest resident size, and where it can be told to start anew."""

MEGABYTE = 1e6


@contextmanager
def peak_memory() -> Iterator[Callable[[], float]]:
    """Watch this process's resident memory; the yielded function tells the peak in MB (1e6 bytes) since the start.

    Linux counts exactly, from the start of the block. Elsewhere, or where the kernel refuses, it is the peak of the
    process's whole life, which is never less; 0 on Windows.
    """
    with suppress(OSError):
        RESET.write_text("5")
    yield peak_mb


def peak_mb() -> float:
    """The peak in MB since the process began, or since the last :func:`peak_memory`."""
    try:
        # Not getrusage here: on Linux a new process starts there with its parent's peak.
        found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
    except OSError:
        found = None
    if found:
        return int(found[1]) * 1024 / MEGABYTE
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / MEGABYTE
