"""A child process can do anything; the parent says in one sentence what became of it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from orthoai.cli.supervise import StopRequest, stop_signals, supervise
from orthoai.errors import Canceled


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_childs_exit_code_is_passed_on_without_a_word(code: int, capfd: pytest.CaptureFixture[str]) -> None:
    assert supervise(python(f"raise SystemExit({code})"), b"", StopRequest()) == code
    assert capfd.readouterr() == ("", "")


def test_the_child_gets_the_message_and_its_output_stays_off_ours(capfd: pytest.CaptureFixture[str]) -> None:
    code = supervise(python("print('got ' + input())"), b"the request\n", StopRequest())
    assert code == 0
    assert capfd.readouterr() == ("", "got the request\n")


def test_a_child_that_never_reads_a_long_message_is_no_error() -> None:
    assert supervise(python("pass"), b"x" * 10_000_000, StopRequest()) == 0


def test_a_child_killed_by_the_system_points_at_memory(capfd: pytest.CaptureFixture[str]) -> None:
    code = supervise(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), b"", StopRequest())
    text = capfd.readouterr().err
    assert code == 1 and text.count("\n") == 1 and "memory" in text


def test_a_crash_of_the_child_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    code = supervise(python("import os; os.abort()"), b"", StopRequest())
    text = capfd.readouterr().err
    assert code == 1 and "SIGABRT" in text and "nothing was written" in text


def test_a_stop_request_kills_the_child_and_what_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    family = (
        "import os, pathlib, subprocess, sys, time\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"path = pathlib.Path({str(note)!r}); aside = path.with_suffix('.new')\n"
        "aside.write_text(f'{os.getpid()} {other.pid}'); aside.rename(path)\n"
        "time.sleep(60)\n"
    )

    class WhenStarted(StopRequest):
        """A stop that comes as soon as the family lives."""

        def check(self) -> None:
            if note.exists():
                raise Canceled

    with pytest.raises(Canceled):
        supervise(python(family), b"", WhenStarted())
    for pid in map(int, note.read_text().split()):
        assert wait_until_gone(pid)


def wait_until_gone(pid: int) -> bool:
    """Whether process ``pid`` ends (a zombie that init has not collected yet counts as ended)."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_sets_the_flag_and_the_former_handler_comes_back(number: signal.Signals) -> None:
    former = signal.getsignal(number)
    with stop_signals() as stop:
        stop.check()
        os.kill(os.getpid(), number)
        with pytest.raises(Canceled):
            stop.check()
    assert signal.getsignal(number) is former
