"""Imports run one way: front ends and training know the engine, the engine knows neither."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "OrthoAI"
ENGINE = ROOT / "Logic" / "orthoai"
REPORT = ROOT / "Report" / "orthoai_report"
TRAINING = ROOT / "Training" / "orthoai_training"


def imported_by(code: str) -> set[str]:
    """Top-level names of everything that ``code`` imports, also inside functions and for type checkers."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


def files_that_import(folder: Path, *names: str) -> list[str]:
    files = sorted(folder.rglob("*.py"))
    assert files, f"{folder.name} is empty"
    return [path.name for path in files if imported_by(path.read_text(encoding="utf-8")) & set(names)]


def test_the_check_sees_every_kind_of_import() -> None:
    assert imported_by("import vtk.util\ndef f():\n    from qt import x\nfrom . import y") == {"vtk", "qt"}


@pytest.mark.parametrize(
    "name",
    [
        "orthoai_report",
        "orthoai_training",
        "orthoai_workbench",
        "OrthoAILib",
        "slicer",
        "qt",
        "ctk",
        "vtk",
        "vtkmodules",
    ],
)
def test_the_engine_does_not_import(name: str) -> None:
    assert files_that_import(ENGINE, name) == []


def test_the_report_does_not_import_the_training() -> None:
    assert files_that_import(REPORT, "orthoai_training") == []


def test_one_file_imports_the_agpl_engine_and_it_is_not_part_of_the_engine() -> None:
    assert files_that_import(TRAINING, "ultralytics") == ["ultralytics_engine.py"]
    assert files_that_import(ENGINE, "ultralytics") == files_that_import(REPORT, "ultralytics") == []


@pytest.mark.parametrize("folder", [ENGINE, REPORT, TRAINING], ids=lambda folder: folder.name)
def test_no_code_reads_a_pickle(folder: Path) -> None:
    assert files_that_import(folder, "pickle", "cloudpickle", "dill", "joblib") == []


@pytest.mark.parametrize("folder", [ENGINE, REPORT], ids=lambda folder: folder.name)
def test_nothing_that_runs_on_an_image_imports_a_network_client(folder: Path) -> None:
    assert files_that_import(folder, "urllib", "http", "socket", "requests", "httpx", "ftplib") == []
