"""The first thing a newcomer types, and it must not load a deep-learning framework."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from orthoai.cli.main import HELP, find_commands, main

HEAVY = (
    "torch",
    "monai",
    "SimpleITK",
    "vtk",
    "vtkmodules",
    "matplotlib",
    "onnxruntime",
    "scipy",
    "ultralytics",
    "pydicom",
)

ROOT = Path(__file__).parents[3]


def loaded_after(code: str) -> set[str]:
    """The heavy libraries that a fresh Python holds after ``code``."""
    report = f"\nimport sys; print('LOADED', *[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED")[2].split())


def test_help_lists_every_command_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name, line in HELP.items():
        assert f"{name:<10} {line}" in text


def test_the_help_table_names_the_commands_that_pyproject_registers() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert list(project["entry-points"]["orthoai.commands"]) == list(HELP)
    assert set(HELP) <= set(find_commands())


def test_help_loads_no_heavy_library_and_no_numpy() -> None:
    code = "import sys; from orthoai.cli.main import main; main(['--help']); assert 'numpy' not in sys.modules"
    assert loaded_after(code) == set()


def test_the_check_for_heavy_libraries_sees_one() -> None:
    assert loaded_after("import scipy") == {"scipy"}


@pytest.mark.parametrize("name", HELP)
def test_asking_a_command_for_help_loads_no_heavy_library(name: str) -> None:
    code = (
        "from orthoai.cli.main import main\n"
        f"try: main([{name!r}, '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "else: raise AssertionError('the command did not load')"
    )
    assert loaded_after(code) == set()


@pytest.mark.parametrize("name", HELP)
def test_a_command_is_registered_under_its_own_name(name: str) -> None:
    assert find_commands()[name].load().name == name


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("orthoai ")


def test_no_command_shows_the_help_and_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: orthoai" in capsys.readouterr().out


def test_an_unknown_command_is_named_in_one_sentence_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rnu"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "'rnu'" in error and "run" in error


def test_bad_usage_is_one_sentence_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["run", "femur", "image.nii.gz"])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "--output" in error


def test_a_command_of_another_package_is_listed_and_runs(orthoai) -> None:
    code, out, _ = orthoai("--help")
    assert code == 0 and "greet      from the package fakes" in out
    assert orthoai("greet") == (0, "hello\n", "")


def test_a_reader_that_stops_listening_is_no_crash() -> None:
    script = f"{sys.executable} -c 'import sys; from orthoai.cli.main import main; sys.exit(main([\"--help\"]))' | true"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize(
    "words", ["train femur", "train fracture", "evaluate femur", "evaluate fracture", "synth femur"]
)
def test_help_tells_of_shapes_with_data_only_where_a_command_takes_both(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*words.split(), "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "to simulate from" in text
    assert ("to be credited" in text) == words.startswith("train")
