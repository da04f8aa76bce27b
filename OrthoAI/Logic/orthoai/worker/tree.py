"""Processes that are started, and ended, together with whatever they start themselves."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any, NoReturn

WINDOWS = os.name == "nt"


def group_options() -> dict[str, Any]:
    """Arguments of Popen for a process that can be ended with its children."""
    if WINDOWS:
        return {"creationflags": windows_flags()}
    return {"start_new_session": True}


def windows_flags() -> int:
    """No console window beside the front end, no Ctrl-C meant for others, and the screen goes first."""
    names = ("CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP", "BELOW_NORMAL_PRIORITY_CLASS")
    return sum(int(getattr(subprocess, name, 0)) for name in names)


def kill_tree(pid: int) -> None:
    """End the process ``pid``, started with :func:`group_options`, and its children. Does not wait for the end.

    ``pid`` must not have been collected with wait() yet, or the number may be somebody else's.
    """
    if WINDOWS:
        subprocess.Popen(taskkill(pid), stdin=subprocess.DEVNULL, **quiet(), **group_options())
        return
    # PermissionError is how macOS speaks of a group in which only the dead are left.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def end_own_process(owns_group: bool, code: int) -> NoReturn:
    """End this process at once; when it has a group of its own, with whatever it started."""
    if owns_group:
        kill_tree(os.getpid() if WINDOWS else os.getpgrp())
    os._exit(code)


def taskkill(pid: int) -> list[str]:
    """The command that ends a process tree on Windows, which knows no process groups."""
    return ["taskkill", "/F", "/T", "/PID", str(pid)]


def quiet() -> dict[str, Any]:
    """Arguments of Popen for a process that says nothing."""
    return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def wait_for_end(child: subprocess.Popen[bytes]) -> None:
    """Wait until ``child`` has ended, where the system allows it without giving its number free."""
    if hasattr(os, "waitid"):
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    else:
        child.wait()
