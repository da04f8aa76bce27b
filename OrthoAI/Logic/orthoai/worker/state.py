"""What a worker is doing, and how long it is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

CANCEL_GRACE_S = 1.0
"""Seconds for the worker to answer a cancel by itself, which keeps its models loaded; then it is killed."""


@dataclass(frozen=True)
class Patience:
    """How long the client waits for the worker, in seconds.

    Attributes:
        start: for hello, which loads no heavy library, on a cold disk.
        cancel: for the answer to a cancel.
        kill: for the end of a killed process, before the job is given up all the same.
        leave: for the end after bye.
    """

    start: float = 60.0
    cancel: float = CANCEL_GRACE_S
    kill: float = 0.5
    leave: float = 0.5


class WorkerState(Enum):
    """What the worker is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    CANCELING = "canceling"
