"""Imports run one way, and what must start fast imports nothing heavy.

    orthoai_training -> orthoai_report -> orthoai
    OrthoAI.py -> OrthoAILib -> orthoai

In orthoai_training, what one task's training needs of another's lies beside both, in a package that knows no task.

The engine imports no slicer, qt or vtk. Pictures of surfaces need vtk, so they are drawn by orthoai_report, a package
of its own beside the engine. The Slicer module never loads a network: a worker process does.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "OrthoAI"

PACKAGES = {
    "orthoai": ROOT / "Logic" / "orthoai",
    "orthoai_report": ROOT / "Report" / "orthoai_report",
    "orthoai_training": ROOT / "Training" / "orthoai_training",
    "OrthoAILib": ROOT / "OrthoAILib",
}

FORBIDDEN = {
    "orthoai": {
        *("slicer", "qt", "ctk", "vtk", "vtkmodules", "pyvista", "PyQt5", "PyQt6", "PySide2", "PySide6"),
        *("orthoai_report", "orthoai_training", "orthoai_workbench", "OrthoAILib", "ultralytics"),
    },
    "orthoai_report": {"slicer", "qt", "ctk", "orthoai_training", "orthoai_workbench", "OrthoAILib", "ultralytics"},
    "orthoai_training": {"slicer", "qt", "ctk", "orthoai_workbench", "OrthoAILib"},
    "OrthoAILib": {"OrthoAI", "orthoai_report", "orthoai_training", "torch", "monai", "onnxruntime", "ultralytics"},
}

TASKS = ("femur", "disc", "fracture", "ovf")
"""Packages of orthoai_training that belong to one task."""

SHARED = ("detector", "evaluate", "learning", "spine_ct", "synth", "train")
"""Packages of orthoai_training that the trainings of several tasks stand on."""

UNSAFE = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve"}
"""Modules that run what they read."""

NETWORK = {"socket", "http", "urllib", "requests", "ftplib", "aiohttp", "httpx"}
"""Modules that reach the network."""

HEAVY = ("torch", "SimpleITK", "monai", "onnxruntime", "vtk", "vtkmodules", "matplotlib", "ultralytics", "pydicom")

LIGHT_MODULES = (
    "orthoai",
    "orthoai.errors",
    "orthoai.progress",
    "orthoai.geometry",
    "orthoai.volume",
    "orthoai.box",
    "orthoai.finding",
    "orthoai.result",
    "orthoai.tasks",
    "orthoai.tasks.femur",
    "orthoai.tasks.femur.fuse",
    "orthoai.models.store",
    "orthoai.cli.main",
    "orthoai.cli.run",
    "orthoai.cli.tasks",
    "orthoai.cli.models",
)


def files(package: str) -> list[Path]:
    return sorted(PACKAGES[package].rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports anywhere, with its line; relative imports stay in their package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.args[0].value, node.lineno


def breaches(package: str, forbidden: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in files(package)
        for name, line in imports(path)
        if name.split(".")[0] in forbidden
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_is_where_this_test_looks(package):
    assert files(package)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package):
    assert breaches(package, FORBIDDEN[package]) == []


@pytest.mark.parametrize("package", [*TASKS, *SHARED])
def test_a_training_knows_no_other_tasks(package):
    root = PACKAGES["orthoai_training"] / package
    found = [(path, name.split(".")) for path in sorted(root.rglob("*.py")) for name, _ in imports(path)]
    assert found
    own = [(path.name, name[1]) for path, name in found if name[0] == "orthoai_training" and len(name) > 1]
    assert [(path, other) for path, other in own if other in TASKS and other != package] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_that_runs_what_it_reads_is_imported(package):
    assert breaches(package, UNSAFE) == []


@pytest.mark.parametrize("package", ["orthoai", "orthoai_report", "OrthoAILib"])
def test_nothing_reaches_the_network(package):
    assert breaches(package, NETWORK) == []


def test_one_file_imports_ultralytics():
    users = {path.name for path in files("orthoai_training") for name, _ in imports(path) if "ultralytics" in name}
    assert users == {"ultralytics_engine.py"}


def test_the_bridge_to_mrml_knows_no_widgets():
    bridge = ROOT / "OrthoAILib" / "Bridge"
    assert [line for line in breaches("OrthoAILib", {"qt", "ctk"}) if line.startswith("OrthoAILib/Bridge")] == []
    assert any(bridge.glob("*.py"))


def test_the_walk_sees_every_kind_of_import(tmp_path):
    path = tmp_path / "sample.py"
    path.write_text(
        "import vtk\nimport os.path, qt as q\nfrom slicer.util import x\nfrom . import own\n"
        "def f():\n    import torch\n    import importlib\n    importlib.import_module('ctk')\n"
    )
    assert [name for name, _ in imports(path)] == ["vtk", "os.path", "qt", "slicer.util", "torch", "importlib", "ctk"]


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_light_modules_import_nothing_heavy(module):
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_listing_the_tasks_imports_nothing_heavy():
    code = (
        f"import sys, orthoai.tasks as t; t.all_tasks(); print(*[n for n in {(*HEAVY, 'numpy')!r} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
