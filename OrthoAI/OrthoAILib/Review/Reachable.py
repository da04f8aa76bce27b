"""Files and folders that may lie on a share."""

from __future__ import annotations

from pathlib import Path


def isThere(path: Path) -> bool:
    """Whether ``path`` exists, as far as can be seen: a share may be closed to us, or not connected."""
    try:
        return path.exists()
    except OSError:
        return False
