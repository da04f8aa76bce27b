"""Write the CMake lists of what goes into the extension's package, from what lies in the tree.

    python tools/cmake_lists.py          rewrites the lists
    python tools/cmake_lists.py --check  exits with 1 and says which lists are old

Slicer packages only the files that CMake names, so a forgotten name breaks the module for those who install it and for
nobody else. Testing/Python/packaging holds the lists to the tree.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

MODULE = Path("OrthoAI")
SELF_TESTS = Path("Testing/Slicer")
MODULE_LISTS = MODULE / "PackagedFiles.cmake"
SELF_TEST_LISTS = SELF_TESTS / "SelfTests.cmake"

PACKAGED = ("OrthoAI.py", "OrthoAILib", "Logic", "Resources")
"""What of OrthoAI/ is packaged. Training, Report and Workbench need more than Slicer has and stay outside of it."""

JUNK = re.compile(r"(^|/)(__pycache__|[^/]*\.egg-info|\.[^/]*)(/|$)|\.pyc$")
"""Caches, metadata of an installation, hidden files."""

SELF_TEST = re.compile(r"^class \w+\(.*(ScriptedLoadableModuleTest|TestCase).*\):", re.MULTILINE)
"""A file with such a class is a self-test that ctest runs; the others beside it are their helpers."""

HEADER = "# Written by tools/cmake_lists.py: run it again instead of editing here.\n"


def files_of(folder: Path, names: Iterable[str] = (".",)) -> list[str]:
    """Every file below ``names`` in ``folder`` that belongs to the project: relative, with slashes, sorted."""
    found: list[Path] = []
    for name in names:
        start = folder / name
        found += [start] if start.is_file() else [path for path in start.rglob("*") if path.is_file()]
    relative = (path.relative_to(folder).as_posix() for path in found)
    return sorted(name for name in relative if not JUNK.search(name))


def cmake_list(name: str, entries: Iterable[str]) -> str:
    """``set(name ...)`` with one entry a line and an empty line between folders."""
    lines = [f"set({name}"]
    folder = None
    for entry in entries:
        parent = entry.rpartition("/")[0]
        if folder is not None and parent != folder:
            lines.append("")
        folder = parent
        lines.append(f"  {entry}")
    return "\n".join([*lines, "  )\n"])


def by_folder(entries: Iterable[str]) -> list[str]:
    """The files of each folder together, a folder before the folders in it."""
    return sorted(entries, key=lambda entry: (entry.rpartition("/")[0].lower(), entry.lower()))


def module_lists(root: Path) -> str:
    """Scripts (byte-compiled by the build) and resources (copied) of the module."""
    every = by_folder(files_of(root / MODULE, PACKAGED))
    scripts = [name for name in every if name.endswith(".py")]
    resources = [name for name in every if not name.endswith(".py")]
    return "\n".join(
        [HEADER, cmake_list("MODULE_PYTHON_SCRIPTS", scripts), cmake_list("MODULE_PYTHON_RESOURCES", resources)]
    )


def self_test_lists(root: Path) -> str:
    """The self-tests that ctest runs inside Slicer."""
    folder = root / SELF_TESTS
    scripts = [name for name in files_of(folder) if name.endswith(".py") and "/" not in name]
    tests = [name for name in scripts if SELF_TEST.search((folder / name).read_text(encoding="utf-8"))]
    return "\n".join([HEADER, cmake_list("SELF_TESTS", tests)])


def lists(root: Path = ROOT) -> dict[Path, str]:
    """What each file of lists should hold."""
    return {root / MODULE_LISTS: module_lists(root), root / SELF_TEST_LISTS: self_test_lists(root)}


def main(words: list[str]) -> int:
    wanted = lists()
    old = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in old:
        if "--check" in words:
            print(f"{path.relative_to(ROOT)} is old: run python tools/cmake_lists.py")
        else:
            path.write_text(wanted[path], encoding="utf-8", newline="\n")
            print(f"wrote {path.relative_to(ROOT)}")
    return int("--check" in words and bool(old))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
