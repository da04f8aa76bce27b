"""The PyTorch extension, as far as it is used."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from OrthoAILib.Install.TorchExtension import TorchExtension


class FakeManager:
    """qSlicerExtensionsManagerModel."""

    def __init__(self, answer: bool = True, error: Exception | None = None) -> None:
        self.interactive = True
        self.answer = answer
        self.error = error
        self.asked: list[tuple[str, bool, bool]] = []

    def installExtensionFromServer(self, name: str, restart: bool) -> bool:
        self.asked.append((name, restart, self.interactive))
        if self.error:
            raise self.error
        return self.answer


def loaded(calls: list[dict[str, Any]]) -> Any:
    class PyTorchUtilsLogic:
        def installTorch(self, **options: Any) -> None:
            calls.append(options)

    module = ModuleType("PyTorchUtils")
    module.PyTorchUtilsLogic = PyTorchUtilsLogic  # type: ignore[attr-defined]
    return {"PyTorchUtils": module}.__getitem__


def absent(name: str) -> ModuleType:
    raise ModuleNotFoundError(name)


def test_it_is_present_when_its_module_can_be_imported():
    assert TorchExtension(lambda: None, loaded([])).isPresent()
    assert not TorchExtension(lambda: None, absent).isPresent()


def test_torch_is_installed_in_the_version_asked_for_without_another_question():
    calls: list[dict[str, Any]] = []
    TorchExtension(lambda: None, loaded(calls)).installTorch(">=2.6")
    assert calls == [{"askConfirmation": False, "torchVersionRequirement": ">=2.6"}]


@pytest.mark.parametrize("answer", [True, False])
def test_the_extension_is_installed_without_questions_and_without_restarting_by_itself(answer):
    manager = FakeManager(answer)
    assert TorchExtension(lambda: manager, absent).installExtension() is answer
    assert manager.asked == [("PyTorch", False, False)]
    assert manager.interactive is True


def test_questions_are_switched_on_again_after_a_failure():
    manager = FakeManager(error=RuntimeError("no server"))
    with pytest.raises(RuntimeError):
        TorchExtension(lambda: manager, absent).installExtension()
    assert manager.interactive is True


def test_a_slicer_without_extensions_manager_cannot_install_it():
    assert TorchExtension(lambda: None, absent).installExtension() is False
