"""Fake tasks and a fake report for runs of the real command line in real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.volume import Volume

TASK_MODULE = """
import ctypes, os, signal, time
from orthoai.errors import InputError
from orthoai.tasks import Label, Task

def run(volume, options, progress):
    progress.report("think", 0.0, "thinking")
{body}

LABELS = (Label("thing", 1, (255, 0, 0), "1", "Thing"),)
TASK = Task("{name}", "Fake {name}", "A task for tests.", "CT", LABELS, "none", run)
"""

RESULT_BODY = """
    import numpy as np
    from orthoai.result import Provenance, Result
    print("a library that talks")
    labels = (np.asarray(volume.voxels) > 0).astype(np.uint8)
    provenance = Provenance("0", "none", {}, options.device, "float32", {}, "2026-01-01T00:00:00Z")
    progress.report("think", 1.0)
    return Result(
        task="quick",
        source=volume.source,
        geometry=volume.geometry,
        boxes=(),
        segmentation=labels,
        labels={1: "thing"},
        findings=(),
        message="Found a thing.",
        provenance=provenance,
    )
"""

BODIES = {
    "quick": RESULT_BODY,
    # PyDLL keeps the interpreter lock: no Python code of this process runs while it sleeps, as in a long C call.
    "slow": "    ctypes.PyDLL(None).sleep(60)",
    "killed": "    os.kill(os.getpid(), signal.SIGKILL)",
    "crashing": "    ctypes.string_at(0)",
    "broken": "    raise ValueError('Jane Doe 1970-01-01')",
    "hungry": "    raise MemoryError",
    "unsuitable": "    raise InputError('The image shows a cat; choose another.')",
}

REPORT_MODULE = """
import errno, os

def write_report(volume, result, folder, drrs=None, progress=None):
    (folder / "overview.png").write_bytes(b"picture")
    if os.environ.get("FAKE_DISK") == "full":
        raise OSError(errno.ENOSPC, "No space left on device")
    (folder / "report.html").write_text(result.message)
"""

COMMAND_MODULE = """
from orthoai.cli.command import Command

COMMAND = Command("greet", "Greet.", lambda parser: None, lambda args: print("hello") or 0)
"""

ENTRY_POINTS = """
[orthoai.reports]
quick = fake_report:write_report

[orthoai.commands]
greet = fake_command:COMMAND
"""


@pytest.fixture
def fakes(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH that adds the fake tasks, a report for "quick", and the command "greet"."""
    root = tmp_path / "fakes"
    for folder in ("tasks", "fakes-1.0.dist-info"):
        (root / folder).mkdir(parents=True)
    for name, body in BODIES.items():
        (root / "tasks" / f"fake_{name}.py").write_text(TASK_MODULE.format(name=name, body=body))
    (root / "sitecustomize.py").write_text(
        f"import orthoai.tasks\northoai.tasks.__path__.append({str(root / 'tasks')!r})\n"
    )
    (root / "fake_report.py").write_text(REPORT_MODULE)
    (root / "fake_command.py").write_text(COMMAND_MODULE)
    (root / "fakes-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: fakes\nVersion: 1.0\n")
    (root / "fakes-1.0.dist-info" / "entry_points.txt").write_text(ENTRY_POINTS)
    return root


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A small NIfTI file with one bright corner."""
    from orthoai.io.write import write_volume

    voxels = np.zeros((4, 3, 2), np.int16)
    voxels[0, 0, 0] = 100
    path = tmp_path / "in" / "image.nii.gz"
    path.parent.mkdir()
    write_volume(Volume(voxels, Geometry(shape=voxels.shape)), path)
    return path


@pytest.fixture
def start(fakes: Path) -> Callable[[Sequence[str | Path]], subprocess.Popen[str]]:
    """Start ``orthoai`` with the fakes in a process of its own, its output in pipes."""

    def start_process(words: Sequence[str | Path], **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "orthoai.cli.main", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(fakes), **variables},
        )

    return start_process


@pytest.fixture
def orthoai(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[int, str, str]]:
    """Run ``orthoai`` with the fakes to its end: (exit code, standard output, standard error)."""

    def run(*words: str | Path, **variables: str) -> tuple[int, str, str]:
        process = start(words, **variables)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    return run
