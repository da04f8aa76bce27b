""".ci/packages installs what is missing as root, and otherwise says so and lets everything go on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / ".ci" / "packages"

pytestmark = pytest.mark.skipif(shutil.which("sh") is None, reason="no sh")


@pytest.fixture
def machine(tmp_path):
    """Runs the script on a machine where the given packages are installed, by stand-ins for the commands it calls."""

    def run(user: int, installed: str, apt: str = "exit 0") -> tuple[subprocess.CompletedProcess[str], str]:
        log = tmp_path / "apt.log"
        commands = {
            "id": f"echo {user}",
            "dpkg-query": f'for p in {installed}; do echo "install ok installed $p "; done',
            "apt-get": f'echo "$@" >> {log}; {apt}',
            "python3": "exit 0",
        }
        for name, text in commands.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / name).chmod(0o755)
        # The tools that the stand-ins must not shadow.
        tools = {Path(path).parent for path in (shutil.which("sh"), shutil.which("grep")) if path}
        path = os.pathsep.join([str(tmp_path), *map(str, tools)])
        done = subprocess.run([SCRIPT], capture_output=True, text=True, check=False, env={"PATH": path})
        return done, log.read_text() if log.exists() else ""

    return run


def wanted() -> list[str]:
    """The packages that the script names."""
    text = SCRIPT.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.startswith('packages="')]
    words = " ".join(line.partition('"')[2].rstrip('"') for line in lines).split()
    return [word for word in words if word not in ("$packages", "python3-venv")]


def test_what_qt_needs_on_a_virtual_screen_is_asked_for():
    needed = {"xvfb", "libxcb-icccm4", "libxcb-keysyms1", "libxkbcommon-x11-0", "libxcb-cursor0", "libdbus-1-3"}
    assert needed <= set(wanted())


def test_without_root_the_missing_packages_are_named_and_nothing_fails(machine):
    done, asked = machine(1000, " ".join(name for name in wanted() if name != "xvfb"))
    assert done.returncode == 0
    assert done.stderr.strip() == "Not installed (needs root: apt-get install xvfb)"
    assert asked == ""


def test_as_root_only_the_missing_packages_are_installed(machine):
    missing = ("xvfb", "libxcb-cursor0")
    done, asked = machine(0, " ".join(name for name in wanted() if name not in missing))
    assert done.returncode == 0, done.stderr
    assert asked.splitlines() == ["install -y --no-install-recommends xvfb libxcb-cursor0"]


def test_where_everything_is_there_nothing_is_said(machine):
    done, asked = machine(0, " ".join(wanted()))
    assert (done.returncode, done.stdout, done.stderr, asked) == (0, "", "", "")


def test_a_failing_apt_does_not_stop_the_tests(machine):
    done, _ = machine(0, "libgl1", apt="exit 100")
    assert done.returncode == 0
    assert "going on without them" in done.stderr
