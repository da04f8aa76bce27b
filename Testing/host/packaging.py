"""``slicer.packaging`` that installs nothing: it writes down what it was asked for. ``pip`` itself is refused.

``pip_check`` is true for what this Python has, as in Slicer. A test that needs a missing package names it in
``missing``; ``pip_ensure`` then asks for consent as Slicer does, and "installs" by taking the name out again.
"""

from __future__ import annotations

import importlib.metadata
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

Requirements = str | Requirement | list[str | Requirement]

calls: list[Call] = []
missing: set[str] = set()


@dataclass(frozen=True)
class Call:
    """One call: the function's name, its requirements and its keyword arguments."""

    function: str
    requirements: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


def reset() -> None:
    """Host only: forgets the calls and the packages that were declared missing."""
    calls.clear()
    missing.clear()


def load_requirements(path: str | Path) -> list[Requirement]:
    lines = (line.strip() for line in Path(path).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def load_pyproject_dependencies(path: str | Path) -> list[Requirement]:
    return [Requirement(text) for text in tomllib.loads(Path(path).read_text())["project"].get("dependencies", [])]


def pip_check(req: Requirements) -> bool:
    return all(_isSatisfied(requirement) for requirement in _toRequirements(req))


def pip_ensure(
    requirements: Requirements,
    constraints: str | Path | None = None,
    skip_packages: list[str] | None = None,
    prompt_install: bool = True,
    prompt_restart: bool = True,
    requester: str | None = None,
    skip_in_testing: bool = True,
    show_progress: bool = True,
) -> list[str] | None:
    """Records the call. Raises RuntimeError where the user declines, as Slicer does."""
    import slicer

    wanted = _toRequirements(requirements)
    options = {"constraints": constraints, "skip_packages": skip_packages, "requester": requester}
    calls.append(Call("pip_ensure", tuple(map(str, wanted)), options))
    absent = [requirement for requirement in wanted if not _isSatisfied(requirement)]
    if not absent or (skip_in_testing and slicer.app.testingEnabled()):
        return None
    if prompt_install:
        title = f"{requester} - Install Python Packages" if requester else "Install Python Packages"
        text = f"{len(absent)} Python package(s) need to be installed."
        names = "\n".join(f"- {requirement}" for requirement in absent)
        if not slicer.util.confirmOkCancelDisplay(text, title, detailedText=names):
            raise RuntimeError("User declined package installation")
    missing.difference_update(requirement.name for requirement in absent)
    return []


def refuse(*requirements: Any, **_options: Any) -> None:
    """pip_install and pip_uninstall: a test must never change its environment."""
    raise AssertionError(f"pip was asked for {requirements}; the test host installs nothing")


pip_install = refuse
pip_uninstall = refuse


def isPipInstallInProgress() -> bool:
    return False


def _toRequirements(req: Requirements) -> list[Requirement]:
    if isinstance(req, Requirement):
        return [req]
    if isinstance(req, str):
        return [Requirement(text) for text in ([req] if ";" in req else req.split())]
    return [Requirement(str(item)) for item in req]


def _isSatisfied(requirement: Requirement) -> bool:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    if requirement.name in missing:
        return False
    try:
        return requirement.specifier.contains(importlib.metadata.version(requirement.name), prereleases=True)
    except importlib.metadata.PackageNotFoundError:
        return False
