"""One question, torch through its extension, Slicer's own packages left alone, a clear sentence when it fails."""

from __future__ import annotations

from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest
from OrthoAILib.Install.Dependencies import Dependencies
from OrthoAILib.Install.Requirements import Distribution
from OrthoAILib.Install.SlicerPackages import SLICER_PACKAGES

REQUIREMENTS = ("monai>=1.5", "torch>=2.6")


class FakeMachine:
    """Slicer's Python, slicer.packaging and the PyTorch extension in one, with a log of what they were asked for."""

    def __init__(self, installed: tuple[str, ...] = (), extension: bool = True) -> None:
        self.installed = {name: Distribution("99") for name in installed}
        self.extension = extension
        self.log: list[str] = []
        self.options: dict[str, Any] = {}
        self.offline = ""
        self.error: Exception | None = None
        self.works = True
        self.extensionInstalls = True

    def lookUp(self, name: str) -> Distribution | None:
        return self.installed.get(name)

    def pip_ensure(self, requirements: list[str], **options: Any) -> list[str]:
        self.log.append(f"pip {' '.join(requirements)}")
        self.options = options
        if options["constraints"] is not None:
            self.offline = Path(options["constraints"]).read_text()
        self._get(*requirements)
        return []

    def isPresent(self) -> bool:
        return self.extension

    def installTorch(self, versions: str) -> None:
        self.log.append(f"extension torch{versions}")
        self._get("torch")

    def installExtension(self) -> bool:
        self.log.append("get extension")
        if self.error:
            raise self.error
        return self.extensionInstalls

    def _get(self, *requirements: str) -> None:
        if self.error:
            raise self.error
        if self.works:
            self.installed |= {text.partition(">")[0]: Distribution("99") for text in requirements}


class Person:
    """Who is asked."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    def __call__(self, question: str, details: str) -> bool:
        self.asked.append((question, details))
        return self.answer


def dependencies(machine: FakeMachine, wheels: Path | None = None, mayInstall: bool = True) -> Dependencies:
    return Dependencies(REQUIREMENTS, machine, machine, wheels, machine.lookUp, lambda: mayInstall)


def is_one_clear_sentence(text: str) -> bool:
    return text.endswith(".") and "Traceback" not in text and "\n" not in text and len(text) < 300


def test_nothing_is_asked_or_installed_when_everything_is_there():
    machine, person = FakeMachine(("monai", "torch")), Person()
    needed = dependencies(machine)
    assert needed.missing() == ()
    assert needed.ensure(person)
    assert (person.asked, machine.log, needed.problem) == ([], [], "")


def test_one_question_names_everything_and_then_torch_comes_first_and_by_its_extension():
    machine, person = FakeMachine(), Person()
    needed = dependencies(machine)
    assert needed.missing() == REQUIREMENTS
    assert needed.ensure(person)
    ((question, details),) = person.asked
    assert details.split() == list(REQUIREMENTS)
    assert "None of your images leaves this computer" in question
    assert machine.log == ["extension torch>=2.6", "pip monai>=1.5"]
    assert needed.problem == ""


def test_pip_asks_no_second_question_and_leaves_slicers_packages_and_torch_alone():
    machine = FakeMachine()
    assert dependencies(machine).ensure(Person())
    assert machine.options["prompt_install"] is False
    assert machine.options["prompt_restart"] is False
    assert {*SLICER_PACKAGES, "torch"} <= set(machine.options["skip_packages"])
    assert machine.options["constraints"] is None
    assert machine.options["requester"] == "OrthoAI"


def test_what_is_there_already_is_not_installed_again():
    machine = FakeMachine(("monai",))
    assert dependencies(machine).ensure(Person())
    assert machine.log == ["extension torch>=2.6"]
    machine = FakeMachine(("torch",), extension=False)
    assert dependencies(machine).ensure(Person())
    assert machine.log == ["pip monai>=1.5"]


def test_a_no_installs_nothing_and_says_what_to_do():
    machine, person = FakeMachine(), Person(answer=False)
    needed = dependencies(machine)
    assert not needed.ensure(person)
    assert machine.log == []
    assert is_one_clear_sentence(needed.problem)
    person.answer = True
    assert needed.ensure(person)
    assert needed.problem == ""


def test_without_the_extension_it_is_installed_first_and_a_restart_asked_for():
    machine, person = FakeMachine(extension=False), Person()
    needed = dependencies(machine)
    assert not needed.ensure(person)
    assert machine.log == ["get extension"]
    assert "restart" in person.asked[0][0]
    assert "restart Slicer" in needed.problem
    assert is_one_clear_sentence(needed.problem)


@pytest.mark.parametrize("error", [None, RuntimeError("no server")])
def test_when_the_extension_cannot_be_had_the_person_is_told_how_to_get_it(error):
    machine = FakeMachine(extension=False)
    machine.extensionInstalls, machine.error = False, error
    needed = dependencies(machine)
    assert not needed.ensure(Person())
    assert "Extensions Manager" in needed.problem
    assert is_one_clear_sentence(needed.problem)


@pytest.mark.parametrize(
    "error", [CalledProcessError(1, "pip install"), RuntimeError("no pip here"), ImportError("broken extension")]
)
def test_a_failing_installation_becomes_a_sentence(error):
    machine = FakeMachine()
    machine.error = error
    needed = dependencies(machine)
    assert not needed.ensure(Person())
    assert "could not be installed" in needed.problem
    assert str(error) not in needed.problem


def test_an_installation_that_leaves_packages_out_names_them():
    machine = FakeMachine()
    machine.works = False
    needed = dependencies(machine)
    assert not needed.ensure(Person())
    assert "still missing: monai>=1.5, torch>=2.6" in needed.problem


def test_from_a_folder_of_wheels_torch_comes_by_pip_and_the_internet_is_not_used(tmp_path):
    machine, person = FakeMachine(extension=False), Person()
    assert dependencies(machine, wheels=tmp_path).ensure(person)
    assert machine.log == ["pip monai>=1.5 torch>=2.6"]
    assert str(tmp_path) in person.asked[0][0]
    assert "--no-index" in machine.offline
    assert tmp_path.as_uri() in machine.offline
    assert "torch" not in machine.options["skip_packages"]
    assert set(SLICER_PACKAGES) <= set(machine.options["skip_packages"])


def test_a_folder_of_wheels_that_is_not_there_is_told_before_any_question(tmp_path):
    machine, person = FakeMachine(), Person()
    needed = dependencies(machine, wheels=tmp_path / "usb")
    assert not needed.ensure(person)
    assert (person.asked, machine.log) == ([], [])
    assert str(tmp_path / "usb") in needed.problem


def test_an_incomplete_folder_of_wheels_is_named(tmp_path):
    machine = FakeMachine()
    machine.error = CalledProcessError(1, "pip install")
    needed = dependencies(machine, wheels=tmp_path)
    assert not needed.ensure(Person())
    assert f"Fill {tmp_path} again" in needed.problem


def test_in_testing_mode_nothing_is_asked_or_installed():
    machine, person = FakeMachine(), Person()
    needed = dependencies(machine, mayInstall=False)
    assert not needed.ensure(person)
    assert (person.asked, machine.log) == ([], [])
    assert "testing mode" in needed.problem
