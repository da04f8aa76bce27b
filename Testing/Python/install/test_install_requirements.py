"""Which requirements count as missing."""

from __future__ import annotations

import pytest
from OrthoAILib.Install.Requirements import (
    Distribution,
    distributionName,
    installedDistribution,
    missingRequirements,
    readRequirements,
)

INSTALLED = {
    "monai": Distribution("1.5.0", ("numpy<3.0", "torch>=2.4", 'nibabel ; extra == "nibabel"')),
    "torch": Distribution("2.6.0+cu124", ("setuptools<70", "sympy")),
    "sympy": Distribution("1.13"),
    "setuptools": Distribution("82.0.1"),
}


def missing(*requirements: str, without: str = "", trusted: tuple[str, ...] = ()) -> tuple[str, ...]:
    there = {name: found for name, found in INSTALLED.items() if name != without}
    return missingRequirements(requirements, there.get, trusted)


def test_what_is_installed_in_a_fitting_version_is_not_missing():
    assert missing("torch>=2.6") == ()


def test_what_is_not_installed_is_missing():
    assert missing("onnxruntime>=1.20", "torch>=2.6") == ("onnxruntime>=1.20",)


def test_what_is_too_old_is_missing():
    assert missing("torch>=2.7") == ("torch>=2.7",)


def test_a_build_for_a_graphics_card_and_a_release_candidate_count():
    assert missing("torch==2.6.0") == ()
    assert missingRequirements(["torch>=2.6"], {"torch": Distribution("2.7.0rc1")}.get) == ()


def test_what_an_installed_package_needs_and_is_absent_is_missing_too():
    assert missing("torch>=2.6", without="sympy") == ("sympy",)


def test_deeper_down_versions_do_not_count():
    # INSTALLED's torch asks for setuptools<70 and works with 82.
    assert missing("torch") == ()


def test_extras_and_other_systems_do_not_count():
    assert missing("monai>=1.5", trusted=("numpy",)) == ()
    assert missing('nothing ; sys_platform == "amiga"') == ()


def test_trusted_packages_are_not_followed_but_top_ones_are_looked_up():
    assert missing("monai", trusted=("numpy", "torch"), without="torch") == ()
    assert missing("monai") == ("numpy<3.0",)
    assert missing("numpy", trusted=("numpy",)) == ("numpy",)


def test_old_metadata_that_nobody_can_read_is_passed_over():
    old = {"a": Distribution("1", ("pytz (>dev)", "b"))}
    assert missingRequirements(["a"], old.get) == ("b",)


def test_packages_that_need_each_other_end_the_walk():
    circle = {"a": Distribution("1", ("b",)), "b": Distribution("1", ("a", "c"))}
    assert missingRequirements(["a"], circle.get) == ("c",)


@pytest.mark.parametrize("spelled", ["MONAI>=1.5", "monai", "Monai[all]==1.5"])
def test_names_compare_whatever_their_spelling(spelled):
    assert distributionName(spelled) == "monai"


def test_comments_and_options_of_a_requirements_file_are_left_out(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("# why\n\ntorch>=2.6  # through the extension\n--extra-index-url elsewhere\nmonai\n")
    assert readRequirements(path) == ("torch>=2.6", "monai")


def test_the_look_up_sees_this_python():
    found = installedDistribution("pytest")
    assert found is not None
    assert found.version == pytest.__version__
    assert any(text.startswith("pluggy") for text in found.requires)
    assert installedDistribution("surely-not-installed") is None
