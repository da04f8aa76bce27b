"""How the worker process is started from Slicer."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

WORKER_MODULE = "orthoai.worker"

PYTHON_SLICER = "PythonSlicer"
"""Slicer's Python without a window; Slicer puts it on PATH."""


def workerCommand() -> list[str]:
    """Program and arguments. -P keeps files of the current folder from shadowing libraries."""
    return [shutil.which(PYTHON_SLICER) or sys.executable, "-P", "-m", WORKER_MODULE]


def workerEnvironment(engineFolder: Path) -> dict[str, str]:
    """This process's environment with ``engineFolder``, which holds the package orthoai, first on PYTHONPATH."""
    paths = [str(engineFolder), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
