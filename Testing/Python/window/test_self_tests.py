"""The self-tests of Testing/Slicer, unchanged, in the host."""

from __future__ import annotations

import importlib.util
import unittest
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
SELF_TESTS = REPOSITORY / "Testing" / "Slicer"


def load(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "test_withoutAnImageTheButtonSaysWhatIsMissing",
        "test_cancelLeavesTheSceneAsItWas",
        "test_fromTheClickToTheSceneThatIsOpenedAgain",
    ],
)
def test_what_ctest_runs_in_slicer_passes_in_the_host(host, name):
    host.loadModule(REPOSITORY / "OrthoAI" / "OrthoAI.py")
    outcome = unittest.TestResult()
    load(SELF_TESTS / "OrthoAISelfTest.py").OrthoAISelfTest(name).run(outcome)
    assert not [text for _, text in (*outcome.failures, *outcome.errors)], outcome
    assert not outcome.skipped and outcome.testsRun == 1


def test_every_self_test_is_run_in_the_host_too(host):
    names = unittest.TestLoader().getTestCaseNames(load(SELF_TESTS / "OrthoAISelfTest.py").OrthoAISelfTest)
    [parameters] = [mark.args[1] for mark in test_what_ctest_runs_in_slicer_passes_in_the_host.pytestmark if mark.args]
    assert sorted(parameters) == sorted(names)
