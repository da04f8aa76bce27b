"""A worker that runs in Slicer's own Python."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orthoai.worker.client import WorkerClient

PYTHON_SLICER = "PythonSlicer"
"""Slicer's Python without a window; Slicer puts it on PATH. Where it is not there, this very Python is taken."""


def workerInSlicer() -> WorkerClient:
    """A client whose process is not started yet. Close it when it is not needed anymore."""
    from orthoai.worker.client import WorkerClient
    from orthoai.worker.launch import worker_command, worker_environment

    return WorkerClient(worker_command(shutil.which(PYTHON_SLICER)), worker_environment())
