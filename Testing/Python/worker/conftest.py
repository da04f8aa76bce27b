"""Clients of worker processes that behave as a test wants them to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.worker.client import WorkerClient
from orthoai.worker.exchange import write_exchange
from orthoai.worker.launch import worker_command, worker_environment
from orthoai.worker.state import Patience
from worker_helpers import fake_command

TASK_MODULE = """
import ctypes, os, subprocess, sys, time
import numpy as np
from orthoai.errors import InputError
from orthoai.result import Provenance, Result
from orthoai.tasks import Label, Task

def run(volume, options, progress):
    progress.report("think", 0.0, "thinking")
{body}
    progress.report("think", 1.0)
    provenance = Provenance("0", "none", {{}}, options.device, "float32", {{}}, "2026-01-01T00:00:00Z")
    labels = (np.asarray(volume.voxels) > 0).astype(np.uint8)
    sentence = f"modality {{volume.modality}}, device {{options.device}}, confidence {{options.confidence}}"
    names = {{1: "thing"}}
    return Result("{name}", volume.source, volume.geometry, options.boxes, labels, names, (), sentence, provenance)

LABELS = (Label("thing", 1, (255, 0, 0), "1", "Thing"),)
TASK = Task("{name}", "Fake {name}", "A task for tests.", "CT", LABELS, "none", run)
"""

BODIES = {
    "quick": "    pass",
    "noisy": """
    print("a library that talks", '{"type": "result", "id": "run-1"}')
    os.write(1, b'half a line of C')
    subprocess.run([sys.executable, "-c", "print('a child that talks')"])
    sys.stdin.read()
""",
    "patient": """
    while True:
        progress.report("think", 0.5)
        time.sleep(0.01)
""",
    # PyDLL keeps the interpreter lock: no Python code of this process runs while it sleeps, as in a long C call.
    "stuck": "    ctypes.PyDLL(None).sleep(600)",
    # Gives the lock free, but does not look whether it should stop.
    "deaf": "    time.sleep(600)",
    "broken": "    name = 'Jane ' + 'Doe'\n    raise ValueError(name)",
    "unsuitable": "    raise InputError('The image shows a cat; choose another.')",
    "hungry": "    raise MemoryError",
    "incomplete": "    import a_package_that_is_not_there",
    "family": """
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    progress.report("child", 0.0, str(child.pid))
    while True:
        progress.check()
        time.sleep(0.01)
""",
}


@pytest.fixture(scope="session")
def fake_tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH that adds the tasks above to the registry."""
    root = tmp_path_factory.mktemp("fakes")
    (root / "tasks").mkdir()
    for name, body in BODIES.items():
        (root / "tasks" / f"fake_{name}.py").write_text(TASK_MODULE.format(name=name, body=body))
    (root / "sitecustomize.py").write_text(
        f"import orthoai.tasks\northoai.tasks.__path__.append({str(root / 'tasks')!r})\n"
    )
    return root


@pytest.fixture
def open_client() -> Iterator[Callable[..., WorkerClient]]:
    """Make clients; they are closed at the end."""
    clients: list[WorkerClient] = []

    def make(command: list[str], environment: dict[str, str] | None = None, **patience: float) -> WorkerClient:
        # On a busy machine an answer may take long: only a test of impatience is impatient.
        clients.append(WorkerClient(command, environment, Patience(**{"start": 300.0, "cancel": 300.0, **patience})))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def real(open_client: Callable[..., WorkerClient], fake_tasks: Path) -> Callable[..., WorkerClient]:
    """Make clients of the real worker, with the fake tasks."""

    def make(**patience: float) -> WorkerClient:
        environment = worker_environment()
        environment["PYTHONPATH"] += os.pathsep + str(fake_tasks)
        return open_client(worker_command(), environment, **patience)

    return make


@pytest.fixture
def fake(open_client: Callable[..., WorkerClient]) -> Callable[..., WorkerClient]:
    """Make clients of fake_worker.py, which starts at once and misbehaves on request."""

    def make(manner: str = "polite", **patience: float) -> WorkerClient:
        return open_client(fake_command(manner), **patience)

    return make


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An exchange file with one bright voxel, (i, j, k) = (1, 2, 3)."""
    voxels = np.zeros((5, 4, 3), np.int16)
    voxels[3, 2, 1] = 100
    path = tmp_path / "image.nrrd"
    write_exchange(voxels, Geometry(voxels.shape), path)
    return path
