"""Dependencies with Slicer's own collaborators, in the host or in Slicer."""

from __future__ import annotations

from pathlib import Path

from OrthoAILib.Install.Dependencies import Dependencies
from OrthoAILib.Install.SlicerPackages import SLICER_PACKAGES

RESOURCES = Path(__file__).resolve().parents[3] / "OrthoAI" / "Resources"


class NoTorch:
    """The PyTorch extension in a test that must not need it."""

    def isPresent(self) -> bool:
        raise AssertionError("asked for the PyTorch extension")

    installExtension = isPresent

    def installTorch(self, versions: str) -> None:
        raise AssertionError(f"asked for torch{versions}")


def refuse(question: str, details: str) -> bool:
    raise AssertionError(f"asked {question}")


def test_with_everything_there_nothing_is_asked(host):
    import slicer.packaging

    before = len(slicer.packaging.calls)
    dependencies = Dependencies.inSlicer(RESOURCES)
    assert dependencies.missing() == ()
    assert dependencies.ensure(refuse)
    assert len(slicer.packaging.calls) == before


def test_slicers_pip_ensure_takes_what_it_is_given(host):
    import slicer.packaging

    asked: list[str] = []

    def agree(question: str, details: str) -> bool:
        asked.append(details)
        return True

    dependencies = Dependencies(("orthoai-surely-absent>=1",), slicer.packaging, NoTorch())
    assert not dependencies.ensure(agree)
    assert asked == ["orthoai-surely-absent>=1"]
    call = slicer.packaging.calls[-1]
    assert call.function == "pip_ensure"
    assert call.requirements == ("orthoai-surely-absent>=1",)
    assert set(SLICER_PACKAGES) <= set(call.options["skip_packages"])
    assert "still missing: orthoai-surely-absent>=1" in dependencies.problem


def test_in_testing_mode_nothing_is_asked(host):
    import slicer

    slicer.app.setTestingEnabled(True)
    try:
        dependencies = Dependencies.inSlicer(RESOURCES)
        dependencies._lookUp = lambda name: None
        assert not dependencies.ensure(refuse)
        assert "testing mode" in dependencies.problem
    finally:
        slicer.app.setTestingEnabled(False)
