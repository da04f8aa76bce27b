"""Installing from a folder of wheels."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from OrthoAILib.Install.Wheels import WHEELS_VARIABLE, wheelConstraints, wheelOptions, wheelsFolder


def wheel(folder: Path, name: str) -> None:
    """A wheel of nothing."""
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        info = f"{name}-1.0.dist-info"
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def test_the_variable_wins_over_the_folder_beside_the_requirements(tmp_path):
    beside = tmp_path / "Wheels"
    beside.mkdir()
    assert wheelsFolder({}, tmp_path) == beside
    assert wheelsFolder({WHEELS_VARIABLE: str(tmp_path / "usb")}, tmp_path) == tmp_path / "usb"


def test_without_either_packages_come_from_the_internet(tmp_path):
    assert wheelsFolder({WHEELS_VARIABLE: "  "}, tmp_path) is None
    with wheelConstraints(None) as path:
        assert path is None


def test_the_constraints_file_is_gone_afterwards(tmp_path):
    with wheelConstraints(tmp_path) as path:
        assert path is not None
        assert path.read_text() == wheelOptions(tmp_path)
    assert not path.exists()


def test_pip_takes_packages_from_a_folder_with_spaces_and_from_nowhere_else(tmp_path):
    folder = tmp_path / "from home"
    folder.mkdir()
    wheel(folder, "orthoai_wheel_probe")

    def install(name: str, constraints: Path) -> subprocess.CompletedProcess[str]:
        pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--dry-run"]
        command = [*pip, "--no-deps", name, "-c", str(constraints)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    with wheelConstraints(folder) as constraints:
        assert constraints is not None
        found, absent = install("orthoai_wheel_probe", constraints), install("orthoai_absent_probe", constraints)
    assert found.returncode == 0, found.stderr
    assert "Would install orthoai_wheel_probe-1.0" in found.stdout.replace("orthoai-wheel-probe", "orthoai_wheel_probe")
    assert absent.returncode != 0
    assert "No matching distribution" in absent.stderr
