"""What CMake packages is what lies in the tree: a file missing in a list is missing for every installed user."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / "tools" / "cmake_lists.py"

STUB = """
set(BUILD_TESTING ON)
set(Slicer_USE_FILE ${CMAKE_CURRENT_LIST_DIR}/Empty.cmake)
set(Slicer_EXTENSION_GENERATE_CONFIG ${CMAKE_CURRENT_LIST_DIR}/Empty.cmake)
set(Slicer_EXTENSION_CPACK ${CMAKE_CURRENT_LIST_DIR}/Empty.cmake)
function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MY "WITH_GENERIC_TESTS" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  foreach(file IN LISTS MY_SCRIPTS MY_RESOURCES)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      message(FATAL_ERROR "nonexistent ${file}")
    endif()
    message(STATUS "packaged ${file}")
  endforeach()
endfunction()
function(slicer_add_python_unittest)
  cmake_parse_arguments(MY "" "SCRIPT" "" ${ARGN})
  message(STATUS "self-test ${MY_SCRIPT}")
endfunction()
"""
"""The little of Slicer's build system that our files call."""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cmake_lists", TOOL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries(text: str, name: str) -> list[str]:
    """The entries of ``set(name ...)``."""
    found = re.search(rf"^set\({name}$(.*?)^  \)$", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no list {name}"
    return found.group(1).split()


def small_tree(root: Path) -> Path:
    for name in ("OrthoAI.py", "OrthoAILib/__init__.py", "Logic/orthoai/box.py", "Resources/UI/OrthoAI.ui"):
        path = root / "OrthoAI" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (root / "Testing" / "Slicer").mkdir(parents=True)
    return root


def test_the_lists_are_what_lies_in_the_tree():
    done = subprocess.run([sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_file_makes_the_lists_old(tool, tmp_path):
    root = small_tree(tmp_path)
    before = tool.module_lists(root)
    (root / "OrthoAI" / "OrthoAILib" / "New.py").write_text("")
    assert "OrthoAILib/New.py" not in before
    assert "OrthoAILib/New.py" in tool.module_lists(root)


def test_scripts_and_resources_are_told_apart_and_caches_left_out(tool, tmp_path):
    root = small_tree(tmp_path)
    for junk in (
        "Logic/orthoai/__pycache__/box.cpython-312.pyc",
        "Logic/orthoai.egg-info/PKG-INFO",
        "Resources/.hidden",
    ):
        path = root / "OrthoAI" / junk
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    text = tool.module_lists(root)
    assert entries(text, "MODULE_PYTHON_SCRIPTS") == ["OrthoAI.py", "Logic/orthoai/box.py", "OrthoAILib/__init__.py"]
    assert entries(text, "MODULE_PYTHON_RESOURCES") == ["Resources/UI/OrthoAI.ui"]


def test_training_and_report_stay_outside_the_package(tool):
    listed = entries(tool.module_lists(ROOT), "MODULE_PYTHON_SCRIPTS")
    assert not [name for name in listed if name.startswith(("Training/", "Report/", "Workbench/"))]
    assert "Logic/orthoai/__init__.py" in listed


def test_only_files_with_a_test_class_become_self_tests(tool, tmp_path):
    root = small_tree(tmp_path)
    folder = root / "Testing" / "Slicer"
    (folder / "test_run.py").write_text("class RunTest(ScriptedLoadableModuleTest):\n    pass\n")
    (folder / "helpers.py").write_text("class Sample:\n    pass\n")
    assert entries(tool.self_test_lists(root), "SELF_TESTS") == ["test_run.py"]


def test_every_module_script_sits_in_a_package_of_its_own(tool):
    # Slicer takes each .py that lies directly in a module path for a module.
    direct = [name for name in entries(tool.module_lists(ROOT), "MODULE_PYTHON_SCRIPTS") if "/" not in name]
    assert direct == ["OrthoAI.py"]


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_cmake_configures_the_extension_and_hands_every_file_to_slicers_macro(tool, tmp_path):
    if not any(shutil.which(compiler) for compiler in ("c++", "g++", "clang++")):
        pytest.skip("no C++ compiler, which project() looks for")
    stub = tmp_path / "slicer"
    stub.mkdir()
    (stub / "SlicerConfig.cmake").write_text(STUB)
    (stub / "Empty.cmake").write_text("")
    command = ["cmake", "-S", ROOT, "-B", tmp_path / "build", f"-DSlicer_DIR={stub}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    handed = re.findall(r"^-- packaged (\S+)$", done.stdout, re.MULTILINE)
    text = (ROOT / tool.MODULE_LISTS).read_text()
    assert handed == entries(text, "MODULE_PYTHON_SCRIPTS") + entries(text, "MODULE_PYTHON_RESOURCES")
    tests = re.findall(r"^-- self-test (\S+)$", done.stdout, re.MULTILINE)
    assert tests == ["OrthoAI.py", *entries((ROOT / tool.SELF_TEST_LISTS).read_text(), "SELF_TESTS")]
