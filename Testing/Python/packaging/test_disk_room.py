""".ci/room says before the set-up loads gigabytes that they will not fit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / ".ci" / "room"


@pytest.fixture
def room(tmp_path: Path):
    """Runs the script with so many GB free in the folder and in TMPDIR, on one disk or on two."""

    def run(own: int, temporary: int, disks: int) -> subprocess.CompletedProcess[str]:
        tools, other = tmp_path / "tools", tmp_path / "temporary"
        for folder in (tools, other):
            folder.mkdir(exist_ok=True)
        second = "/second" if disks == 2 else "/first"
        (tools / "df").write_text(
            f'#!/bin/sh\n[ "$2" = . ] && set -- {own} /first || set -- {temporary} {second}\n'
            'printf "Filesystem 1024-blocks Used Available Capacity Mounted\\nx 1 1 $(($1 * 1048576)) 1%% $2\\n"\n'
        )
        (tools / "df").chmod(0o755)
        environment = {"PATH": f"{tools}:/usr/bin:/bin", "TMPDIR": str(other)}
        return subprocess.run(
            ["sh", SCRIPT], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize(("own", "temporary", "disks"), [(12, 12, 1), (8, 4, 2), (500, 4, 2)])
def test_room_enough_is_not_mentioned(room, own: int, temporary: int, disks: int) -> None:
    found = room(own, temporary, disks)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("own", "temporary", "disks", "words"),
    [(11, 11, 1, "needs 12 GB"), (7, 100, 2, "needs 8 GB"), (100, 3, 2, "needs 4 GB"), (0, 0, 1, "has 0 GB")],
)
def test_a_full_disk_is_one_sentence(room, own: int, temporary: int, disks: int, words: str) -> None:
    found = room(own, temporary, disks)
    assert found.returncode == 1
    (line,) = found.stderr.splitlines()
    assert words in line and "make room" in line
