"""How to start the worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import orthoai

MODULE = "orthoai.worker"

GROUP_VARIABLE = "ORTHOAI_WORKER_GROUP"
"""Set for a worker that was started with its own process group, which it may end with itself."""


def worker_command(python: str | Path | Sequence[str] | None = None) -> list[str]:
    """The command of the worker.

    Args:
        python: the Python to use, such as Slicer's PythonSlicer, or the words that start it; None for this one.
    """
    words = [sys.executable] if python is None else [str(python)] if isinstance(python, str | Path) else list(python)
    # -P: files of the current folder must not shadow libraries. -u: nothing waits in a buffer when the process dies.
    return [*words, "-P", "-u", "-m", MODULE]


def worker_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the worker: ours, plus what lets it import this very ``orthoai``, installed or not.

    Args:
        base: in place of our own environment.
    """
    environment = dict(os.environ if base is None else base)
    package_root = str(Path(orthoai.__file__).resolve().parents[1])
    rest = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part and part != package_root]
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join([package_root, *rest]),
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "Agg",  # A library that draws must not open a window.
    }
