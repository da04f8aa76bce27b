"""Do the work in a child process, so that a cancel, a crash or the end of memory cannot take the command line down.

A long call inside a C library cannot be interrupted from Python. A process can: on SIGINT or SIGTERM the child's whole
process group is killed, and the parent, which owns the staging folder, removes it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from orthoai.cli.exits import INTERNAL_ERROR, OUT_OF_MEMORY, say
from orthoai.errors import Canceled

POLL_S = 0.05
"""Seconds between two looks at the child and at the cancel flag."""

STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class StopRequest:
    """Whether a stop signal has come."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        """A signal handler. It only sets the flag, so no step (such as the final rename) is cut in half."""
        self.asked = True

    def check(self) -> None:
        """Raise Canceled when a signal has come."""
        if self.asked:
            raise Canceled


@contextmanager
def stop_signals() -> Iterator[StopRequest]:
    """Collect SIGINT, SIGTERM and SIGHUP in a flag; the former handlers come back at the end."""
    request = StopRequest()
    former = {number: signal.signal(number, request.ask) for number in STOP_SIGNALS}
    try:
        yield request
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def supervise(command: Sequence[str], message: bytes, stop: StopRequest) -> int:
    """Run ``command`` in a process group of its own and return its exit code.

    Args:
        command: program and arguments. Its standard output goes to our standard error, so that ours holds results only.
        message: what the child reads on its standard input. The pipe then stays open until the child ends: a child
            that sees the end of it knows that its parent is gone.
        stop: asked all the time; when it is set, the group is killed and Canceled raised.

    Returns:
        The child's code, or 1 (after one sentence) when a signal ended it.
    """
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=2, start_new_session=True)
    try:
        _send(child, message)
        while True:
            stop.check()
            try:
                code = child.wait(POLL_S)
                break
            except subprocess.TimeoutExpired:
                continue
        stop.check()
    finally:
        _kill_group(child)
    if code >= 0:
        return code
    say(f"Error: {_cause(-code)}")
    return INTERNAL_ERROR


def worker_command(module: str) -> list[str]:
    """How to start ``module`` with this Python; -P keeps files of the current folder from shadowing libraries."""
    return [sys.executable, "-P", "-m", module]


def _send(child: subprocess.Popen[bytes], message: bytes) -> None:
    assert child.stdin is not None
    # A child that ended before it read this breaks the pipe; its exit code tells why.
    with suppress(BrokenPipeError):
        child.stdin.write(message)
        child.stdin.flush()


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the child and whatever it started, and reap it. Harmless when they have ended."""
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        child.stdin.close()


def _cause(number: int) -> str:
    if number == signal.SIGKILL:
        return f"The system stopped the run. {OUT_OF_MEMORY} Nothing was written."
    return f"The run crashed ({signal.Signals(number).name}); nothing was written."
