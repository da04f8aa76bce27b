"""Resources/requirements.txt names what the engine imports beside what Slicer brings, and nothing that Slicer owns."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest
from OrthoAILib.Install.Requirements import distributionName, readRequirements
from OrthoAILib.Install.SlicerPackages import SLICER_PACKAGES
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = readRequirements(ROOT / "OrthoAI" / "Resources" / "requirements.txt")

DISTRIBUTIONS = {"PIL": "pillow", "SimpleITK": "simpleitk", "yaml": "pyyaml"}
"""Packages whose module has another name."""

OWN = {"orthoai", "orthoai_report", "orthoai_training"}


def imported(folder: Path) -> set[str]:
    """Top-level modules that a folder's files import anywhere, without Python's own and ours."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    return names - OWN - set(sys.stdlib_module_names)


def project_dependencies() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {distributionName(text): text for text in project["dependencies"]}


def test_everything_that_the_engine_imports_is_named_or_comes_with_slicer():
    there = {distributionName(text) for text in REQUIREMENTS} | set(SLICER_PACKAGES)
    needed = {canonicalize_name(DISTRIBUTIONS.get(name, name)) for name in imported(ROOT / "OrthoAI/Logic/orthoai")}
    assert needed - there == set()
    assert "torch" in needed


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_versions_are_those_of_the_project(requirement):
    assert project_dependencies()[distributionName(requirement)] == requirement


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_nothing_that_slicer_owns_is_asked_for(requirement):
    assert distributionName(requirement) not in SLICER_PACKAGES


def test_slicers_packages_are_spelled_so_that_they_compare():
    spelled = [name for name in SLICER_PACKAGES if canonicalize_name(name) != name]
    assert spelled == []
    assert {"numpy", "simpleitk", "vtk"} <= set(SLICER_PACKAGES)
